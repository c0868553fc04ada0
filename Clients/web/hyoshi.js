/**
 * Hyoshi in a page: a room's netcode, compiled from the same Swift as the server's and the bots',
 * and with it the rules of the game, so that the page predicts with the very step of the server.
 *
 * The page owns the WebSocket, the clock and the picture; this module has no other wish of its
 * surroundings. In short:
 *
 *     const core = await loadCore("/modules/arena.wasm");
 *     const room = core.makeRoom({ name: "Ada" });
 *     const socket = new WebSocket(url, SUBPROTOCOL);
 *     socket.binaryType = "arraybuffer";
 *     const send = () => room.takeOutgoing().forEach((message) => socket.send(message));
 *     socket.onopen = () => { room.opened(); send(); };
 *     socket.onmessage = (event) => { room.receive(new Uint8Array(event.data)); send(); };
 *     socket.onclose = (event) => room.closed(event.code);
 *     requestAnimationFrame(function picture(now) {
 *         room.command([steer, fire], now);
 *         send();
 *         const view = room.view(now);
 *         if (view !== null) draw(view);
 *         requestAnimationFrame(picture);
 *     });
 *
 * Times are milliseconds of `performance.now()`. A page with a Content-Security-Policy allows
 * `script-src 'wasm-unsafe-eval'`, or browsers refuse every WebAssembly.
 */

/** The WebSocket subprotocol. */
export const SUBPROTOCOL = "hyoshi.v1";
/** Bits of `ViewKind.flags`: shown from prediction; of the own seat; not confirmed yet. */
export const FLAG = Object.freeze({ predicted: 1, own: 2, provisional: 4 });
/** The most characters of a name. */
export const NAME_CHARACTERS_MAXIMUM = 24;
/** The most bytes of a name in UTF-8. */
export const NAME_BYTES_MAXIMUM = 96;
/** The most bytes of an event's payload. */
export const PAYLOAD_BYTES_MAXIMUM = 512;
/** The most events that wait to be taken; beyond that the oldest is dropped and counted. */
export const EVENTS_MAXIMUM = 1024;

/** What the module must say that it is. */
const EXPORTS_VERSION = 2;

/** What a message can come to, by the module's numbers. */
const OUTCOMES = Object.freeze(/** @type {const} */ ([
    "ignored", "welcomed", "resumed", "snapshot", "undecodable", "roster", "event", "repeated",
    "acknowledged", "pong", "counters", "desync", "desyncAnswer",
]));

/** The module's numbers about a connection, in its order; NaN where not known. */
const STATISTICS = Object.freeze(/** @type {const} */ ([
    "roundTripMilliseconds", "jitterMilliseconds", "driftPartsPerMillion", "leadTicks", "margin",
    "interpolationDelayTicks", "prediction", "predictedTicks", "newestTick", "newestCommandTick",
    "commandTick", "mispredictions", "corrections", "correctionDistance", "visibleErrorDistance",
    "resimulatedTicks", "desyncs", "applied", "late", "early", "repeated", "dropped",
]));

/** Whether the own things are predicted or why not, by the module's numbers. */
const PREDICTION = Object.freeze(/** @type {const} */ ([
    "on", "switchedOff", "noGame", "otherSchema", "spectating", "waiting",
]));

const CHANGES = Object.freeze(/** @type {const} */ (["appeared", "vanished", "changed"]));

/** Close codes after which the seat is gone too (docs/protocol.md, section 11). */
const SEAT_LOST_CODES = new Set([1000, 4401, 4403, 4404, 4410]);

/** @typedef {import("./hyoshi.js").Field} Field */
/** @typedef {import("./hyoshi.js").Kind} Kind */
/** @typedef {import("./hyoshi.js").Schema} Schema */
/** @typedef {import("./hyoshi.js").Welcome} Welcome */
/** @typedef {import("./hyoshi.js").RosterEntry} RosterEntry */
/** @typedef {import("./hyoshi.js").RoomEvent} RoomEvent */
/** @typedef {import("./hyoshi.js").View} View */
/** @typedef {import("./hyoshi.js").ViewKind} ViewKind */
/** @typedef {import("./hyoshi.js").Change} Change */
/** @typedef {import("./hyoshi.js").Statistics} Statistics */
/** @typedef {import("./hyoshi.js").Outcome} Outcome */

/** What the core cannot take or do; `message` says it in a sentence. */
export class HyoshiError extends Error {
    /** @param {string} message */
    constructor(message) {
        super(message);
        this.name = "HyoshiError";
    }
}

/** Control, invisible and direction characters: the server refuses names that hold one. */
const FORBIDDEN = new RegExp(
    "[\\0-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    + "\\ufeff\\ufff0-\\uffff\\u{e0000}-\\u{e0fff}\\p{Cs}]+", "gu");

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/**
 * A name as the server takes it: nothing forbidden, at most 24 characters and 96 bytes.
 * @param {string} name
 * @returns {string}
 */
export function boundedName(name) {
    let bounded = "";
    let count = 0;
    for (const character of name.replace(/\s+/g, " ").replace(FORBIDDEN, "").trim()) {
        count += 1;
        const longer = bounded + character;
        if (count > NAME_CHARACTERS_MAXIMUM) break;
        if (encoder.encode(longer).length > NAME_BYTES_MAXIMUM) break;
        bounded = longer;
    }
    return bounded.trim();
}

/**
 * Loads a module that `scripts/web.sh` has made.
 * @param {string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module} source
 *     its address, or its bytes
 * @returns {Promise<Core>}
 * @throws {HyoshiError} where it cannot be had, or is not such a module
 */
export async function loadCore(source) {
    return new Core(await instantiate(source));
}

/**
 * @param {string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module} source
 * @returns {Promise<WebAssembly.Instance>}
 * @throws {HyoshiError} where it cannot be had, or is no module
 */
export async function instantiate(source) {
    try {
        return await instantiated(source);
    } catch (error) {
        if (error instanceof HyoshiError) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new HyoshiError(`the module cannot be loaded: ${reason}`);
    }
}

/**
 * @param {string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module} source
 * @returns {Promise<WebAssembly.Instance>}
 */
async function instantiated(source) {
    if (source instanceof WebAssembly.Module) return WebAssembly.instantiate(source, {});
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
        return (await WebAssembly.instantiate(/** @type {BufferSource} */ (source), {})).instance;
    }
    const response = source instanceof Response ? source : await fetch(source);
    if (!response.ok) {
        throw new HyoshiError(`the module cannot be loaded: status ${response.status}`);
    }
    const bytes = await response.arrayBuffer();
    return (await WebAssembly.instantiate(bytes, {})).instance;
}

/** A loaded module; it can hold several rooms. */
export class Core {
    /** @param {WebAssembly.Instance} instance */
    constructor(instance) {
        this.exports = /** @type {any} */ (instance.exports);
        /** Why the module has stopped; null while it works. @type {HyoshiError | null} */
        this.failure = null;
        if (this.exports.hyoshi_version?.() !== EXPORTS_VERSION) {
            throw new HyoshiError("the module is not of this version of hyoshi.js");
        }
        const named = this.call("hyoshi_game_name");
        /** The game whose rules the module holds; null for a module without prediction. */
        this.game = named > 0 ? this.outputText(named) : null;
    }

    /**
     * The client's side of a room.
     * @param {{name?: string, spectate?: boolean, resumption?: string | null}} [options]
     * @returns {Room}
     */
    makeRoom(options = {}) {
        const name = encoder.encode(boundedName(options.name ?? ""));
        const resumption = options.spectate ? null : fromHex(options.resumption ?? "");
        const bytes = new Uint8Array(name.length + (resumption?.length ?? 0));
        bytes.set(name);
        if (resumption !== null) bytes.set(resumption, name.length);
        this.write(bytes);
        const handle = this.call(
            "hyoshi_room_make", name.length, resumption?.length ?? 0, options.spectate ? 1 : 0);
        if (handle < 0) throw new HyoshiError("the room cannot be made");
        return new Room(this, handle);
    }

    /**
     * A world of the game by itself, without a server; a module holds one at a time.
     * @param {bigint} seed
     * @returns {World}
     */
    makeWorld(seed) {
        const low = Number(BigInt.asIntN(32, seed));
        const high = Number(BigInt.asIntN(32, seed >> 32n));
        if (this.call("hyoshi_world_make", low, high) === 0) {
            throw new HyoshiError("the module holds no game");
        }
        return new World(this);
    }

    /** Bytes of the module's memory that are in use. */
    get usedBytes() {
        return this.call("hyoshi_used_bytes");
    }

    /** Bytes of the module's memory. */
    get memoryBytes() {
        return this.exports.memory.buffer.byteLength;
    }

    /**
     * Calls what the module exports; a trap ends the module's life, not the page's.
     * @param {string} name
     * @param {...number} numbers
     * @returns {number}
     */
    call(name, ...numbers) {
        if (this.failure !== null) throw this.failure;
        try {
            return this.exports[name](...numbers);
        } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            this.failure = new HyoshiError(`the core has stopped in ${name}: ${reason}`);
            throw this.failure;
        }
    }

    /** Writes what the next call reads. @param {Uint8Array} bytes */
    write(bytes) {
        const start = this.call("hyoshi_input", bytes.length);
        new Uint8Array(this.exports.memory.buffer, start, bytes.length).set(bytes);
    }

    /** Writes the numbers that the next call reads. @param {ArrayLike<number>} numbers */
    writeNumbers(numbers) {
        const start = this.call("hyoshi_input", 4 * numbers.length);
        const view = new DataView(this.exports.memory.buffer, start, 4 * numbers.length);
        for (let index = 0; index < numbers.length; index += 1) {
            view.setInt32(4 * index, numbers[index], true);
        }
    }

    /** A copy of bytes in the module's memory. @param {number} start @param {number} count */
    bytes(start, count) {
        return new Uint8Array(this.exports.memory.buffer, start, count).slice();
    }

    /** What the last call has answered. @param {number} count */
    output(count) {
        return this.bytes(this.call("hyoshi_output"), count);
    }

    /** The same as text. @param {number} count */
    outputText(count) {
        return decoder.decode(this.output(count));
    }

    /** 32-bit numbers, to be read before the next call. @param {number} start */
    words(start) {
        return new Int32Array(this.exports.memory.buffer, start);
    }

    /** Doubles, to be read before the next call. @param {number} start @param {number} count */
    doubles(start, count) {
        return new Float64Array(this.exports.memory.buffer, start, count);
    }
}

/** One room, from the first connection to the last. */
export class Room {
    /**
     * @param {Core} core
     * @param {number} handle
     */
    constructor(core, handle) {
        this.core = core;
        this.handle = handle;
        /** What the server says of the room; null before. @type {Welcome | null} */
        this.welcome = null;
        /** Who is in the room. @type {RosterEntry[]} */
        this.roster = [];
        /** Events that were not taken in time. */
        this.droppedEvents = 0;
        /** @type {RoomEvent[]} */
        this.events = [];
        this.shown = new ViewBuffer();
        this.newest = new ViewBuffer();
    }

    /** The own seat; null for a spectator and before the welcome. */
    get seat() {
        return this.welcome?.seat ?? null;
    }

    /** The kinds of entities and the fields of an input; null before the welcome. */
    get schema() {
        return this.welcome?.schema ?? null;
    }

    /** Ticks a second. */
    get tickRate() {
        return this.welcome?.tickRate ?? 60;
    }

    /**
     * What another page, or this one after a reload, needs to go on in this seat; null without one.
     * It is a secret: never a part of an address.
     */
    get resumption() {
        const count = this.core.call("hyoshi_room_resumption", this.handle);
        return count > 0 ? toHex(this.core.output(count)) : null;
    }

    /** A connection is open: the hello waits to be taken. @param {number} [now] */
    opened(now = performance.now()) {
        this.core.call("hyoshi_room_opened", this.handle, now);
    }

    /**
     * The connection is gone. After some codes the seat is too, and the next hello is a newcomer's.
     * @param {number} [code] of the Close
     */
    closed(code = 1006) {
        this.core.call("hyoshi_room_closed", this.handle, SEAT_LOST_CODES.has(code) ? 1 : 0);
    }

    /** Gives up the seat; the message waits to be taken. */
    leave() {
        this.core.call("hyoshi_room_leave", this.handle);
    }

    /**
     * Takes a message of the server.
     * @param {Uint8Array} bytes
     * @param {number} [now]
     * @returns {Outcome}
     * @throws {HyoshiError} where it makes no sense; the connection is of no use then
     */
    receive(bytes, now = performance.now()) {
        this.core.write(bytes);
        const number = this.core.call("hyoshi_room_receive", this.handle, bytes.length, now);
        const outcome = OUTCOMES[number];
        if (outcome === undefined) {
            const reason = this.core.outputText(this.core.call("hyoshi_room_error", this.handle));
            throw new HyoshiError(reason);
        }
        if (outcome === "welcomed" || outcome === "resumed") this.readWelcome();
        if (outcome === "roster") this.roster = this.readText(1);
        if (outcome === "event") this.readEvent(bytes);
        return outcome;
    }

    /**
     * What the player wants now, as wire numbers in the order of the input fields; to be called for
     * each picture. The core makes the commands that are due of it.
     * @param {ArrayLike<number>} numbers
     * @param {number} [now]
     * @returns {boolean} whether one was due; until then keep short presses for the next call
     */
    command(numbers, now = performance.now()) {
        this.core.writeNumbers(numbers);
        return this.core.call("hyoshi_room_command", this.handle, numbers.length, now) === 1;
    }

    /**
     * The messages that are to be sent now, in order; to be called for each picture and after each
     * message received.
     * @param {number} [now]
     * @returns {Uint8Array[]}
     */
    takeOutgoing(now = performance.now()) {
        const table = this.core.call("hyoshi_room_outgoing", this.handle, now);
        if (table === 0) return [];
        const words = this.core.words(table);
        const [count, start] = words;
        const messages = [];
        for (let index = 0, from = 0; index < count; index += 1) {
            const end = words[2 + index];
            messages.push(this.core.bytes(start + from, end - from));
            from = end;
        }
        if (count > 0) this.core.call("hyoshi_room_taken", this.handle);
        return messages;
    }

    /**
     * What to draw at `now`: the own things predicted, the others as they were a little before.
     * @param {number} [now]
     * @returns {View | null} reused by the next call; null before the first snapshot
     */
    view(now = performance.now()) {
        return this.shown.read(this.core, this.core.call("hyoshi_room_view", this.handle, now));
    }

    /**
     * The newest snapshot as it came: where the server has everything.
     * @returns {View | null} reused by the next call; null before the first snapshot
     */
    ghosts() {
        return this.newest.read(this.core, this.core.call("hyoshi_room_ghosts", this.handle));
    }

    /**
     * What became different with the last view: each thing appears once and vanishes once, whatever
     * is corrected between.
     * @returns {Change[]}
     */
    changes() {
        const table = this.core.call("hyoshi_room_changes", this.handle);
        return readChanges(this.core, table);
    }

    /** Whether the own things are shown ahead of the server's answer. @param {boolean} isOn */
    setPrediction(isOn) {
        this.core.call("hyoshi_room_predict", this.handle, isOn ? 1 : 0);
    }

    /**
     * Sends a reliable message: a string or bytes, to one seat or to the room.
     * @param {string | Uint8Array} payload at most 512 bytes
     * @param {number | null} [seat]
     * @returns {boolean} false where it is too long, too many wait, or there is no seat
     */
    sendEvent(payload, seat = null) {
        const isText = typeof payload === "string";
        const bytes = isText ? encoder.encode(payload) : payload;
        this.core.write(bytes);
        return this.core.call(
            "hyoshi_room_send", this.handle, bytes.length, isText ? 1 : 0, seat ?? -1) !== 0;
    }

    /**
     * The reliable messages that have come since the last call, each once.
     * @returns {RoomEvent[]}
     */
    takeEvents() {
        const taken = this.events;
        this.events = [];
        return taken;
    }

    /**
     * The numbers about the connection.
     * @param {number} [now]
     * @returns {Statistics}
     */
    statistics(now = performance.now()) {
        const start = this.core.call("hyoshi_room_statistics", this.handle, now);
        const numbers = this.core.doubles(start, STATISTICS.length);
        const statistics = /** @type {any} */ ({});
        STATISTICS.forEach((name, index) => {
            statistics[name] = Number.isNaN(numbers[index]) ? null : numbers[index];
        });
        statistics.prediction = PREDICTION[statistics.prediction];
        return statistics;
    }

    /** Gives the room's memory back; the room is of no use then. */
    free() {
        this.core.call("hyoshi_room_free", this.handle);
        this.handle = -1;
    }

    readWelcome() {
        const welcome = /** @type {Welcome} */ (this.readText(0));
        for (const kind of welcome.schema.kinds) {
            kind.positions = new Map(kind.fields.map((field, index) => [field.name, index]));
        }
        this.welcome = welcome;
    }

    /** @param {number} which */
    readText(which) {
        return JSON.parse(
            this.core.outputText(this.core.call("hyoshi_room_text", this.handle, which)));
    }

    /** @param {Uint8Array} bytes the message that it stands in */
    readEvent(bytes) {
        const table = this.core.call("hyoshi_room_event", this.handle);
        if (table === 0) return;
        const [id, sender, scope, isText, start, count] = this.core.words(table);
        const payload = bytes.slice(start, start + count);
        this.events.push({
            id: id >>> 0,
            sender: sender < 0 ? null : sender,
            scope: scope === 0 ? "room" : "seat",
            payload: isText === 1 ? decoder.decode(payload) : payload,
        });
        if (this.events.length > EVENTS_MAXIMUM) {
            this.events.shift();
            this.droppedEvents += 1;
        }
    }
}

/**
 * Changes as a module tells them. What has vanished with its world has its own fields, which are not
 * those of the schema any more.
 * @param {Core} core
 * @param {number} address
 * @returns {Change[]}
 */
export function readChanges(core, address) {
    if (address === 0) return [];
    const words = core.words(address);
    /** @type {Change[]} */
    const changes = [];
    for (let index = 0; index < words[0]; index += 1) {
        const [type, kind, id, field, start] = words.subarray(2 + 5 * index, 7 + 5 * index);
        const end = words[index + 1 < words[0] ? 11 + 5 * index : 7 + 5 * index];
        const [from, to, ...values] = core.doubles(words[1] + 8 * start, end - start);
        changes.push({ type: CHANGES[type], kind, id: id >>> 0, field, from, to, values });
    }
    return changes;
}

/** A world of the game by itself: joins, inputs and ticks as a program says. */
export class World {
    /** @param {Core} core */
    constructor(core) {
        this.core = core;
    }

    /** A player takes a seat before the next tick. @param {number} seat */
    join(seat) {
        this.core.call("hyoshi_world_join", seat);
    }

    /** A player leaves its seat before the next tick. @param {number} seat */
    leave(seat) {
        this.core.call("hyoshi_world_leave", seat);
    }

    /**
     * The input of a seat from the next tick on.
     * @param {number} seat
     * @param {ArrayLike<number>} numbers wire numbers
     */
    setInput(seat, numbers) {
        this.core.writeNumbers(numbers);
        this.core.call("hyoshi_world_input", seat, numbers.length);
    }

    /** Writes the world to its table and restores it from there, as a prediction does. */
    restore() {
        this.core.call("hyoshi_world_restore");
    }

    /** Makes ticks. @param {number} [count] */
    step(count = 1) {
        this.core.call("hyoshi_world_step", count);
    }

    /** The hash of the whole state. @returns {bigint} */
    hash() {
        const low = BigInt(this.core.call("hyoshi_world_hash_low") >>> 0);
        const high = BigInt(this.core.call("hyoshi_world_hash_high") >>> 0);
        return (high << 32n) | low;
    }
}

/** Memory of a view outside the module, which may move its own with any call. */
export class ViewBuffer {
    constructor() {
        /** @type {View} */
        this.view = { kinds: [], predictedTick: 0, remoteTick: 0 };
        /** @type {{ids: Uint32Array, values: Float64Array, flags: Uint8Array}[]} */
        this.memory = [];
    }

    /**
     * @param {Core} core
     * @param {number} address
     * @returns {View | null}
     */
    read(core, address) {
        if (address === 0) return null;
        const words = core.words(address);
        const kindCount = words[0];
        const ticks = core.doubles(words[1], 2);
        this.view.predictedTick = ticks[0];
        this.view.remoteTick = ticks[1];
        this.view.kinds.length = Math.min(this.view.kinds.length, kindCount);
        for (let kind = 0; kind < kindCount; kind += 1) this.readKind(core, kind, words);
        return this.view;
    }

    /**
     * @param {Core} core
     * @param {number} kind
     * @param {Int32Array} words
     */
    readKind(core, kind, words) {
        const [count, width, ids, values, flags] = words.subarray(2 + 5 * kind, 7 + 5 * kind);
        const shown = this.kind(kind, count, width);
        const { buffer } = core.exports.memory;
        if (count === 0) return;
        shown.ids.set(new Uint32Array(buffer, ids, count));
        shown.values.set(new Float64Array(buffer, values, count * width));
        shown.flags.set(new Uint8Array(buffer, flags, count));
    }

    /**
     * The arrays of a kind, as long as they must be.
     * @param {number} kind
     * @param {number} count
     * @param {number} width
     * @returns {ViewKind}
     */
    kind(kind, count, width) {
        const before = this.view.kinds[kind];
        if (before !== undefined && before.count === count && before.fieldCount === width) {
            return before;
        }
        let memory = this.memory[kind];
        if (memory === undefined || memory.ids.length < count
            || memory.values.length < count * width) {
            const room = Math.max(16, 2 * count);
            memory = {
                ids: new Uint32Array(room),
                values: new Float64Array(room * width),
                flags: new Uint8Array(room),
            };
            this.memory[kind] = memory;
        }
        const shown = {
            count,
            fieldCount: width,
            ids: memory.ids.subarray(0, count),
            values: memory.values.subarray(0, count * width),
            flags: memory.flags.subarray(0, count),
        };
        this.view.kinds[kind] = shown;
        return shown;
    }
}

/** @param {Uint8Array} bytes */
function toHex(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} digits
 * @returns {Uint8Array | null}
 */
function fromHex(digits) {
    if (!/^([0-9a-f]{2})+$/.test(digits)) return null;
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
