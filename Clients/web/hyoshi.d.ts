/** Types of hyoshi.js: a room's netcode in a page. Times are milliseconds of `performance.now()`. */

/** The WebSocket subprotocol. */
export const SUBPROTOCOL: string;
/** Bits of {@link ViewKind.flags}. */
export const FLAG: Readonly<{
    /** Shown from prediction, at {@link View.predictedTick}. */
    predicted: 1;
    /** Of the own seat. */
    own: 2;
    /** Predicted, and not confirmed by the server yet. */
    provisional: 4;
}>;
/** The most characters of a name. */
export const NAME_CHARACTERS_MAXIMUM: number;
/** The most bytes of a name in UTF-8. */
export const NAME_BYTES_MAXIMUM: number;
/** The most bytes of an event's payload. */
export const PAYLOAD_BYTES_MAXIMUM: number;
/** The most events that wait to be taken; beyond that the oldest is dropped and counted. */
export const EVENTS_MAXIMUM: number;

/** What the core cannot take or do; `message` says it in a sentence. */
export class HyoshiError extends Error {}

/** A name as the server takes it: nothing forbidden, at most 24 characters and 96 bytes. */
export function boundedName(name: string): string;

/** A module that `scripts/web.sh` has made: its address, or its bytes. */
export type ModuleSource = string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module;

/**
 * Loads a module to play with.
 * @throws {HyoshiError} where it cannot be had, or is not such a module
 */
export function loadCore(source: ModuleSource): Promise<Core>;

/** A loaded module; it can hold several rooms. */
export class Core {
    /** The game whose rules the module holds; null for a module without prediction. */
    readonly game: string | null;
    /** Why the module has stopped; null while it works. */
    readonly failure: HyoshiError | null;
    /** Bytes of the module's memory that are in use. */
    readonly usedBytes: number;
    /** Bytes of the module's memory. */
    readonly memoryBytes: number;
    /** The client's side of a room. `resumption` is a former {@link Room.resumption}. */
    makeRoom(options?: { name?: string; spectate?: boolean; resumption?: string | null }): Room;
    /** A world of the game by itself, without a server; a module holds one at a time. */
    makeWorld(seed: bigint): World;
}

/** One room, from the first connection to the last. */
export class Room {
    /** What the server says of the room; null before. */
    readonly welcome: Welcome | null;
    /** The own seat; null for a spectator and before the welcome. */
    readonly seat: number | null;
    /** The kinds of entities and the fields of an input; null before the welcome. */
    readonly schema: Schema | null;
    /** Ticks a second. */
    readonly tickRate: number;
    /** Who is in the room. */
    readonly roster: RosterEntry[];
    /** Events that were not taken in time. */
    readonly droppedEvents: number;
    /**
     * What another page, or this one after a reload, needs to go on in this seat; null without
     * one. It changes with every welcome and event. A secret: never a part of an address.
     */
    readonly resumption: string | null;

    /** A connection is open: the hello waits to be taken. */
    opened(now?: number): void;
    /** The connection is gone. After some codes the seat is too. */
    closed(code?: number): void;
    /** Gives up the seat; the message waits to be taken. */
    leave(): void;
    /**
     * Takes a message of the server.
     * @throws {HyoshiError} where it makes no sense; the connection is of no use then
     */
    receive(bytes: Uint8Array, now?: number): Outcome;
    /**
     * What the player wants now, as wire numbers in the order of the input fields; to be called
     * for each picture. The core makes the commands that are due of it.
     * @returns whether one was due; until then keep short presses for the next call
     */
    command(numbers: ArrayLike<number>, now?: number): boolean;
    /**
     * The messages that are to be sent now, in order; to be called for each picture and after each
     * message received.
     */
    takeOutgoing(now?: number): Uint8Array[];
    /** What to draw at `now`; reused by the next call; null before the first snapshot. */
    view(now?: number): View | null;
    /** The newest snapshot as it came; reused by the next call; null before the first one. */
    ghosts(): View | null;
    /**
     * What became different with the last {@link view}: each thing appears once and vanishes once,
     * whatever is corrected between.
     */
    changes(): Change[];
    /** Whether the own things are shown ahead of the server's answer; they are, at first. */
    setPrediction(isOn: boolean): void;
    /**
     * Sends a reliable message: a string or bytes, to one seat or to the room.
     * @returns false where it is too long, too many wait, or there is no seat
     */
    sendEvent(payload: string | Uint8Array, seat?: number | null): boolean;
    /** The reliable messages that have come since the last call, each once. */
    takeEvents(): RoomEvent[];
    /** The numbers about the connection. */
    statistics(now?: number): Statistics;
    /** Gives the room's memory back; the room is of no use then. */
    free(): void;
}

/** A world of the game by itself: joins, inputs and ticks as a program says. */
export class World {
    /** A player takes a seat before the next tick. */
    join(seat: number): void;
    /** A player leaves its seat before the next tick. */
    leave(seat: number): void;
    /** The input of a seat from the next tick on, in wire numbers. */
    setInput(seat: number, numbers: ArrayLike<number>): void;
    /** Writes the world to its table and restores it from there, as a prediction does. */
    restore(): void;
    /** Makes ticks. */
    step(count?: number): void;
    /** The hash of the whole state: on every machine the same after the same inputs. */
    hash(): bigint;
}

/** What a message came to. */
export type Outcome =
    /** A message of a later version, or an old pong. */
    | "ignored"
    /** The hello was accepted; there is a new seat, or none for a spectator. */
    | "welcomed"
    /** The hello was accepted and the former seat kept. */
    | "resumed"
    | "snapshot"
    /** A snapshot whose baseline is gone; a full one is asked for. */
    | "undecodable"
    /** {@link Room.roster} is new. */
    | "roster"
    /** {@link Room.takeEvents} has it. */
    | "event"
    /** An event that had come before. */
    | "repeated"
    /** Events of ours were taken. */
    | "acknowledged"
    | "pong"
    /** The server's counters of the seat's inputs are in {@link Room.statistics}. */
    | "counters"
    /** A snapshot was not what the server meant; it is reported, and a full one follows. */
    | "desync"
    /** The server's answer to such a report. */
    | "desyncAnswer";

/** What there is to draw. The arrays are the view's own and reused. */
export interface View {
    /** One for each kind, in the order of {@link Schema.kinds}. */
    kinds: ViewKind[];
    /** The tick at which predicted things are shown, with a fraction. */
    predictedTick: number;
    /** The tick at which the others are shown, with a fraction. */
    remoteTick: number;
}

/** The things of one kind. */
export interface ViewKind {
    count: number;
    /** What each is called, the same from when it appears until it vanishes. */
    ids: Uint32Array;
    /** Values, not wire numbers, with fractions: `count` rows of `fieldCount`. */
    values: Float64Array;
    /** For each thing bits of {@link FLAG}. */
    flags: Uint8Array;
    fieldCount: number;
}

/** What has become different between two views. */
export interface Change {
    /**
     * A thing vanishes when the server says so; one that is only predicted to be gone is not in the
     * view, but has not vanished.
     */
    type: "appeared" | "vanished" | "changed";
    /** The position of the kind in {@link Schema.kinds}. */
    kind: number;
    id: number;
    /** Of a change: the position of the field; 0 for others. */
    field: number;
    /** Of a change: the value before. */
    from: number;
    /** Of a change: the value now. */
    to: number;
    /** The values of the thing as it is shown; of a vanished one as it was shown last. */
    values: number[];
}

/** What the server says of a room. */
export interface Welcome {
    room: string;
    game: string;
    seat: number | null;
    seatsMax: number;
    tickRate: number;
    /** The last tick that was made. */
    tick: number;
    schema: Schema;
}

export interface Schema {
    kinds: Kind[];
    inputFields: Field[];
}

/** A kind of entities. */
export interface Kind {
    name: string;
    capacity: number;
    fields: Field[];
    /** Field positions by name. */
    positions: Map<string, number>;
}

/** A field of an entity or an input. */
export interface Field {
    name: string;
    use: "number" | "flags" | "angle" | "coordinate" | "seat";
    /** The least wire number. */
    minimum: number;
    /** The greatest wire number. */
    maximum: number;
    /** A value is a wire number times this. */
    step: number;
    /** A value divided by this is in `unit`. */
    scale: number;
    /** The unit; for flags the names of the bits from the lowest, separated by spaces. */
    unit: string;
    wraps: boolean;
    /** The field with this field's change per tick, or −1. */
    changeField: number;
}

export interface RosterEntry {
    seat: number;
    name: string;
    /** Held: its player's connection was lost. */
    state: "present" | "held";
}

/** A reliable message. */
export interface RoomEvent {
    id: number;
    /** Who sent it; null for the server or the game. */
    sender: number | null;
    /** To whom it went. */
    scope: "room" | "seat";
    payload: string | Uint8Array;
}

/** The numbers about a connection. */
export interface Statistics {
    /** The way there and back; null before the first pong. */
    roundTripMilliseconds: number | null;
    /** How much the arrivals of snapshots vary. */
    jitterMilliseconds: number;
    /** How much slower the server's beat is than the local clock; null in the first seconds. */
    driftPartsPerMillion: number | null;
    /** How far ahead of the snapshots as they arrive commands are addressed. */
    leadTicks: number;
    /** How many ticks the newest command was early at the server; null before the first. */
    margin: number | null;
    /** How far others are shown behind the snapshots as they arrive. */
    interpolationDelayTicks: number;
    /** Whether own things are predicted, or why not. */
    prediction: "on" | "switchedOff" | "noGame" | "otherSchema" | "spectating" | "waiting";
    /** Ticks from the newest snapshot to the newest predicted one. */
    predictedTicks: number;
    /** The tick of the newest snapshot. */
    newestTick: number;
    /** The newest tick with a command. */
    newestCommandTick: number;
    /** The tick that a command given now is for. */
    commandTick: number;
    /** Snapshots in which something of the own seat was not as predicted. */
    mispredictions: number;
    /** Times that an own thing had to be moved where it was shown. */
    corrections: number;
    /** How far the last correction moved it, in the values of its coordinates. */
    correctionDistance: number;
    /** How far own things are shown from where they are predicted now, at most. */
    visibleErrorDistance: number;
    /** Ticks that were made a second time or more often. */
    resimulatedTicks: number;
    /** Snapshots that were not what the server meant. */
    desyncs: number;
    /** What became of the own commands, as the server has told last; null before. */
    applied: number | null;
    late: number | null;
    early: number | null;
    repeated: number | null;
    dropped: number | null;
}
