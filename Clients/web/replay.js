/**
 * Recordings of rooms in a page: read, played to and fro, and compared with what was recorded, by
 * the very rules that made them, compiled to WebAssembly. In short:
 *
 *     const bytes = new Uint8Array(await (await fetch("/match.hyoshi")).arrayBuffer());
 *     const replay = await openReplay(bytes, (game) => `/modules/${game}-replay.wasm`);
 *     let position = 0;
 *     requestAnimationFrame(function picture() {
 *         position = Math.min(position + 1, replay.lastTick);
 *         const view = replay.show(position);
 *         if (view !== null) draw(view);
 *         requestAnimationFrame(picture);
 *     });
 *
 * Nothing here takes longer than it is told to: a recording may be anybody's.
 */

import { Core, HyoshiError, ViewBuffer, instantiate, readChanges } from "./hyoshi.js";

/** The most bytes of a file. */
export const FILE_BYTES_MAXIMUM = 64 * 1024 * 1024;

/** Compressed bytes that are handed over at once: no more than a thousand times as many come back. */
const PIECE_BYTES = 16 * 1024;
/** Ticks between two looks at the clock. */
const SLICE_TICKS = 32;
/** How long a picture may wait for a tick that is far. */
const SHOW_MILLISECONDS = 12;
const READ_MILLISECONDS = 12;

const MARKS = Object.freeze(/** @type {const} */ (["joined", "left", "scored"]));

/** @typedef {import("./hyoshi.js").View} View */
/** @typedef {import("./hyoshi.js").Change} Change */
/** @typedef {import("./replay.js").Recording} Recording */
/** @typedef {import("./replay.js").Mark} Mark */
/** @typedef {import("./replay.js").Difference} Difference */
/** @typedef {import("./replay.js").Inflate} Inflate */
/** @typedef {import("./hyoshi.js").ModuleSource} ModuleSource */

/**
 * The name of the game that a file says it is of, to choose a module by; nothing else of the file is
 * looked at.
 * @param {Uint8Array} bytes
 * @returns {string | null} null where this is no recording
 */
export function recordedGame(bytes) {
    const magic = [0x89, 0x48, 0x59, 0x4f, 0x53, 0x48, 0x49];
    if (magic.some((byte, index) => bytes[index] !== byte)) return null;
    let start = 13;
    let name = null;
    // The protocol's version, and then the game: each a count below 128, and UTF-8.
    for (let text = 0; text < 2; text += 1) {
        const end = start + 1 + bytes[start];
        if (!(bytes[start] < 128) || end > bytes.length) return null;
        name = new TextDecoder().decode(bytes.subarray(start + 1, end));
        start = end;
    }
    return name !== null && /^[A-Za-z0-9._-]{1,48}$/.test(name) ? name : null;
}

/**
 * Opens a recording: reads all of it, and stands before its first tick.
 * @param {Uint8Array} bytes the file
 * @param {ModuleSource | ((game: string) => ModuleSource | Promise<ModuleSource>)} module
 *     the module of its game that `scripts/web.sh` has made, or what says where it is
 * @param {{progress?: (share: number) => void, inflate?: Inflate}} [options]
 * @returns {Promise<Replay>}
 * @throws {HyoshiError} where it is no recording, or one that the module cannot play
 */
export async function openReplay(bytes, module, options = {}) {
    if (bytes.length > FILE_BYTES_MAXIMUM) {
        throw new HyoshiError(
            "the recording has more than 64 MiB, which is too much for a page; "
                + "`hyoshi replay` reads it");
    }
    if (options.inflate === undefined && typeof DecompressionStream === "undefined") {
        throw new HyoshiError("this browser cannot decompress: it has no DecompressionStream");
    }
    const game = recordedGame(bytes);
    if (game === null) throw new HyoshiError("this is no recording of a room");
    const source = typeof module === "function" ? await module(game) : module;
    const core = new Core(await instantiate(source));
    if (core.exports.hyoshi_replay_open === undefined) {
        throw new HyoshiError("the module plays no recordings; those that do end in -replay.wasm");
    }
    core.write(bytes);
    const refused = core.call("hyoshi_replay_open", bytes.length);
    if (refused > 0) throw new HyoshiError(core.outputText(refused));
    await read(core, options.inflate ?? inflate, options.progress ?? (() => {}));
    return new Replay(core);
}

/**
 * @param {Core} core
 * @param {Inflate} inflate
 * @param {(share: number) => void} progress
 */
async function read(core, inflate, progress) {
    let saidAt = performance.now();
    for (;;) {
        const table = core.call("hyoshi_replay_stream");
        if (table === 0) break;
        const [start, count, limit] = core.words(table);
        const plain = await inflate(core.bytes(start, count), limit);
        if (plain !== null) core.write(plain);
        core.call("hyoshi_replay_take", plain === null ? -1 : plain.length);
        if (performance.now() - saidAt < READ_MILLISECONDS) continue;
        progress(core.call("hyoshi_replay_progress"));
        // A task of its own, so that the page stays alive.
        await new Promise((resolve) => { setTimeout(resolve, 0); });
        saidAt = performance.now();
    }
    progress(1);
}

/**
 * Decompresses with the browser's own deflate.
 * @type {Inflate}
 */
async function inflate(bytes, limit) {
    const stream = new DecompressionStream("deflate-raw");
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const write = async () => {
        for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
            await writer.write(bytes.slice(start, start + PIECE_BYTES));
        }
        await writer.close();
    };
    // What goes wrong there is told by the reader too.
    write().catch(() => {});
    /** @type {Uint8Array[]} */
    const pieces = [];
    let count = 0;
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            count += value.length;
            if (count > limit) {
                reader.cancel().catch(() => {});
                return null;
            }
            pieces.push(value);
        }
    } catch {
        return null;
    }
    if (pieces.length === 1) return pieces[0];
    const plain = new Uint8Array(count);
    let start = 0;
    for (const piece of pieces) {
        plain.set(piece, start);
        start += piece.length;
    }
    return plain;
}

/** An opened recording. */
export class Replay {
    /** @param {Core} core */
    constructor(core) {
        this.core = core;
        /** What it is. @type {Recording} */
        this.recording = this.readText(0);
        const { schema } = this.recording;
        for (const kind of schema.kinds) {
            kind.positions = new Map(kind.fields.map((field, index) => [field.name, index]));
        }
        /** Who came and went, and points as far as has been compared. @type {Mark[]} */
        this.marks = [];
        /** Whether all has been compared, or as much as tells what differs. */
        this.isCompared = false;
        this.shown = new ViewBuffer();
        this.readMarks();
    }

    /** The last tick. */
    get lastTick() {
        return this.recording.ticks;
    }

    /** Ticks a second. */
    get tickRate() {
        return this.recording.tickRate;
    }

    /** The tick that was made last. */
    get tick() {
        return this.core.call("hyoshi_replay_tick");
    }

    /**
     * What to draw at a tick with a fraction: between two ticks things move evenly. Forwards by
     * little it makes the ticks between; anywhere else it starts at the nearest full state.
     * @param {number} position 0 … {@link lastTick}
     * @param {number} [milliseconds] how long it may take
     * @returns {View | null} reused by the next call; null where it takes longer: ask again
     */
    show(position, milliseconds = SHOW_MILLISECONDS) {
        const bounded = Math.min(Math.max(position, 0), this.lastTick);
        const tick = Math.ceil(bounded);
        const until = performance.now() + milliseconds;
        while (this.core.call("hyoshi_replay_approach", tick, SLICE_TICKS) === 0) {
            if (performance.now() >= until) return null;
        }
        const share = 1 - (tick - bounded);
        return this.shown.read(this.core, this.core.call("hyoshi_replay_view", share));
    }

    /**
     * What has happened since this was asked last, or since the last jump.
     * @returns {Change[]}
     */
    changes() {
        return readChanges(this.core, this.core.call("hyoshi_replay_changes"));
    }

    /**
     * The seats that are taken after the tick that was made last, and what they wanted of it: the
     * wire numbers of their inputs.
     * @returns {Map<number, number[]>}
     */
    seats() {
        const words = this.core.words(this.core.call("hyoshi_replay_seats"));
        const width = this.recording.schema.inputFields.length;
        const seats = new Map();
        for (let index = 0; index < words[0]; index += 1) {
            const start = 1 + index * (1 + width);
            seats.set(words[start], [...words.subarray(start + 1, start + 1 + width)]);
        }
        return seats;
    }

    /** The hash of the whole state after the tick that was made last. @returns {bigint} */
    hash() {
        const low = BigInt(this.core.call("hyoshi_replay_hash_low") >>> 0);
        const high = BigInt(this.core.call("hyoshi_replay_hash_high") >>> 0);
        return (high << 32n) | low;
    }

    /**
     * Makes ticks in a world of their own, from the first on, and compares them with what was
     * recorded; to be called until {@link isCompared}.
     * @param {number} [milliseconds] how long it may take
     * @returns {boolean} whether there is more to compare
     */
    compare(milliseconds = SHOW_MILLISECONDS) {
        const until = performance.now() + milliseconds;
        while (!this.isCompared) {
            this.isCompared = this.core.call("hyoshi_replay_compare", SLICE_TICKS) === 0;
            if (performance.now() >= until) break;
        }
        this.readMarks();
        return !this.isCompared;
    }

    /** The last tick that was compared. */
    get comparedTick() {
        return this.core.call("hyoshi_replay_compared");
    }

    /** The first tick whose state is not the recorded one; null where none has been found. */
    get firstDifferentTick() {
        const tick = this.core.call("hyoshi_replay_differs");
        return tick < 0 ? null : tick;
    }

    /** The first tick with a full state that makes no sense; null where none has been found. */
    get damagedStateTick() {
        const tick = this.core.call("hyoshi_replay_senseless");
        return tick < 0 ? null : tick;
    }

    /** What differs; null where nothing has been found. @returns {Difference | null} */
    difference() {
        return this.readText(1);
    }

    /** @param {number} which */
    readText(which) {
        const count = this.core.call("hyoshi_replay_text", which);
        if (count === 0) throw new HyoshiError("the recording cannot be played");
        return JSON.parse(this.core.outputText(count));
    }

    readMarks() {
        const table = this.core.call("hyoshi_replay_marks", this.marks.length);
        const words = this.core.words(table);
        for (let index = 0; index < words[0]; index += 1) {
            const [type, tick, seat, amount] = words.subarray(1 + 4 * index, 5 + 4 * index);
            this.marks.push({ type: MARKS[type], tick, seat, amount });
        }
    }
}
