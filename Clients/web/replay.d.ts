/** Types of replay.js: recordings of rooms in a page. */

import type { Change, ModuleSource, Schema, View } from "./hyoshi.js";

/** The most bytes of a file. */
export const FILE_BYTES_MAXIMUM: number;

/**
 * The name of the game that a file says it is of, to choose a module by; nothing else of the file
 * is looked at. null where this is no recording.
 */
export function recordedGame(bytes: Uint8Array): string | null;

/**
 * Opens a recording: reads and judges all of it, and stands before its first tick. `module` is the
 * game's module for recordings (`scripts/web.sh` makes it, its name ends in `-replay.wasm`), or what
 * says where it is.
 * @throws {HyoshiError} where it is no recording, or one that the module cannot play: of another
 * format, protocol, game, or version of the game
 */
export function openReplay(
    bytes: Uint8Array,
    module: ModuleSource | ((game: string) => ModuleSource | Promise<ModuleSource>),
    options?: {
        /** Told the share that has been read, now and then; what it throws ends the reading. */
        progress?: (share: number) => void;
        /** In the place of the browser's own deflate. */
        inflate?: Inflate;
    },
): Promise<Replay>;

/**
 * What a raw deflate stream (RFC 1951) decompresses to; null where it is none, or more than `limit`
 * bytes come of it.
 */
export type Inflate = (bytes: Uint8Array, limit: number) => Promise<Uint8Array | null>;

/** An opened recording. */
export class Replay {
    /** What it is. */
    readonly recording: Recording;
    /** The last tick. */
    readonly lastTick: number;
    /** Ticks a second. */
    readonly tickRate: number;
    /** The tick that was made last. */
    readonly tick: number;
    /**
     * What to draw at a tick with a fraction, from 0 to {@link lastTick}: between two ticks things
     * move evenly. Forwards by little it makes the ticks between; anywhere else it starts at the
     * nearest full state.
     * @param milliseconds how long it may take
     * @returns reused by the next call; null where it takes longer: ask again
     */
    show(position: number, milliseconds?: number): View | null;
    /** What has happened since this was asked last, or since the last jump. */
    changes(): Change[];
    /**
     * The seats that are taken after the tick that was made last, and the wire numbers of the inputs
     * that the rules had of them.
     */
    seats(): Map<number, number[]>;
    /** The hash of the whole state after the tick that was made last. */
    hash(): bigint;
    /** Who came and went, and points as far as has been compared; in no particular order. */
    readonly marks: Mark[];
    /**
     * Makes ticks in a world of their own, from the first on, and compares each with what was
     * recorded; to be called until it returns false.
     * @param milliseconds how long it may take
     */
    compare(milliseconds?: number): boolean;
    /** Whether all has been compared, or as much as tells what differs. */
    readonly isCompared: boolean;
    /** The last tick that was compared. */
    readonly comparedTick: number;
    /** The first tick whose state is not the recorded one; null where none has been found. */
    readonly firstDifferentTick: number | null;
    /** The first tick with a full state that makes no sense; null where none has been found. */
    readonly damagedStateTick: number | null;
    /** What differs; null where nothing has been found. */
    difference(): Difference | null;
}

/** What a recording is. */
export interface Recording {
    room: string;
    game: string;
    protocol: string;
    /** What recorded it, for people. */
    build: string;
    /** The seed of the world, 64 bits in decimal. */
    seed: string;
    /** Milliseconds from 1970-01-01 UTC; 0 in virtual time. */
    startedAt: number;
    tickRate: number;
    seatsMax: number;
    /** The last tick. */
    ticks: number;
    /** Bytes that were read. */
    byteCount: number;
    /**
     * Fell behind: more was to be written than may wait. Torn: cut off, as after a crash. Damaged:
     * something else was behind what was read.
     */
    ending: "complete" | "sizeLimit" | "fellBehind" | "torn" | "damaged";
    joins: number;
    leaves: number;
    /** The most seats that were taken at a tick. */
    seatsMost: number;
    inputChanges: number;
    checks: number;
    /** Full states, at which a jump starts. */
    states: number;
    schema: Schema;
}

/** Something on the time-line. */
export interface Mark {
    /** Points are numbers called `score` of entities that have a seat. */
    type: "joined" | "left" | "scored";
    /** The tick before which somebody came or went; after which there were other points. */
    tick: number;
    seat: number;
    /** By how much the points changed; 0 for others. */
    amount: number;
}

/** Where a replay stops being what was recorded. */
export interface Difference {
    /** The first tick that differs. */
    tick: number;
    /** The check that names what differs; null where the recording ends before one. */
    checkTick: number | null;
    /** `field` is null for the kind's ids. */
    columns: { kind: string; field: string | null }[];
    /** The tick that the values are of; null for none. */
    stateTick: number | null;
    /** Wire numbers or values; null where the entity is not there. At most 16. */
    values: {
        kind: string; field: string | null; id: number;
        recorded: number | null; replayed: number | null;
    }[];
    /** Whether other random numbers were drawn. */
    randomDiffers: boolean;
}
