/**
 * The messages of hyoshi.v1: encoding those of the client, parsing those of the server.
 */

import { decode, encode } from "./messagepack.js";
import { BASELINE_MAXIMUM } from "./snapshot.js";
import { ProtocolError, integer, list, parseSchema, require, text } from "./schema.js";

export { ProtocolError } from "./schema.js";

/** @typedef {import("./schema.js").Schema} Schema */

/** The WebSocket subprotocol. */
export const SUBPROTOCOL = "hyoshi.v1";
/** The protocol version of the hello. */
export const VERSION = 1;
/** The most characters of a name. */
export const NAME_CHARACTERS_MAXIMUM = 24;
/** The most bytes of a name in UTF-8. */
export const NAME_BYTES_MAXIMUM = 96;
/** The most commands in one input message. */
export const COMMANDS_MAXIMUM = 8;

const TICK_MAXIMUM = 0xffffffff;
const SEAT_MAXIMUM = 1023;
const NAME_LONGEST = 2 * NAME_CHARACTERS_MAXIMUM;

/** Close codes of hyoshi.v1 that this client treats each in its own way. */
export const CLOSE = Object.freeze({
    normal: 1000,
    goingAway: 1001,
    protocolError: 1002,
    malformed: 1007,
    policy: 1008,
    tryAgainLater: 1013,
    notAllowed: 4400,
    tokenRefused: 4401,
    kicked: 4403,
    noSuchRoom: 4404,
    silent: 4408,
    takenOver: 4409,
    roomClosed: 4410,
    versionNotSupported: 4426,
});

/**
 * Whether sequence number `a` is newer than `b`, both of 16 bits (RFC 1982 §3.2).
 * Of two exactly half a turn apart neither is newer.
 * @param {number} a
 * @param {number} b
 * @returns {boolean}
 */
export function isNewer(a, b) {
    const distance = (a - b) & 0xffff;
    return distance > 0 && distance < 0x8000;
}

/** Control, invisible and direction characters: the server refuses names that hold one. */
const FORBIDDEN = new RegExp(
    "[\\0-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    + "\\ufeff\\ufff0-\\uffff\\u{e0000}-\\u{e0fff}\\p{Cs}]+", "gu");

/**
 * A name as the server takes it: nothing forbidden, at most 24 characters and 96 bytes.
 * @param {string} name
 * @returns {string}
 */
export function boundedName(name) {
    const encoder = new TextEncoder();
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
 * @param {string} name
 * @param {boolean} spectates
 * @param {Uint8Array | null} token
 */
export function encodeHello(name, spectates, token) {
    return encode([1, VERSION, boundedName(name), spectates ? 1 : 0, token]);
}

/**
 * @param {number} sequence
 * @param {number} tick the tick of the newest command
 * @param {number} acknowledged
 * @param {number[]} values the newest command first
 */
export function encodeInput(sequence, tick, acknowledged, values) {
    return encode([2, sequence, tick, acknowledged, values]);
}

/**
 * @param {number} snapshotTick
 * @param {number} eventID
 */
export function encodeAcknowledge(snapshotTick, eventID) {
    return encode([3, snapshotTick, eventID]);
}

/** @param {number} stamp */
export function encodePing(stamp) {
    return encode([5, stamp]);
}

/** The seat is given up. */
export function encodeLeave() {
    return encode([6]);
}

/**
 * @typedef {object} SnapshotMessage
 * @property {"snapshot"} type
 * @property {number | null} sequence newest input sequence that the server has received
 * @property {number | null} margin newest addressed command's tick − this tick
 * @property {number} tick whole in a full snapshot, the low 16 bits in a delta
 * @property {number} baseline ticks back to the baseline; 0: a full snapshot
 * @property {unknown} body
 */

/**
 * @typedef {object} WelcomeMessage
 * @property {"welcome"} type
 * @property {number} version
 * @property {string} room
 * @property {string} game
 * @property {number | null} seat null for a spectator
 * @property {number} seatsMaximum
 * @property {number} tickRate ticks per second
 * @property {number} tick
 * @property {Uint8Array | null} token
 * @property {Schema} schema
 */

/** @typedef {{seat: number, name: string, isHeld: boolean}} RosterEntry */
/** @typedef {{type: "roster", entries: RosterEntry[]}} RosterMessage */
/**
 * @typedef {{type: "event", id: number, from: number | null, scope: number,
 *     payload: string | Uint8Array}} EventMessage
 */
/** @typedef {{type: "acknowledge", eventID: number}} AcknowledgeMessage */
/** @typedef {{type: "pong", stamp: number, tick: number, phase: number}} PongMessage */
/**
 * @typedef {SnapshotMessage | WelcomeMessage | RosterMessage | EventMessage | AcknowledgeMessage
 *     | PongMessage} ServerMessage
 */

/**
 * @param {any} value
 * @returns {number | null}
 */
function seatOrNull(value) {
    return value === null ? null : integer(value, 0, SEAT_MAXIMUM);
}

/** @param {any[]} parts @returns {SnapshotMessage} */
function parseSnapshot(parts) {
    const baseline = integer(parts[4], 0, BASELINE_MAXIMUM);
    return {
        type: "snapshot",
        sequence: parts[1] === null ? null : integer(parts[1], 0, 0xffff),
        margin: parts[2] === null ? null : integer(parts[2], -128, 127),
        tick: integer(parts[3], 0, baseline > 0 ? 0xffff : TICK_MAXIMUM),
        baseline,
        body: list(parts[5], 65535),
    };
}

/** @param {any[]} parts @returns {WelcomeMessage} */
function parseWelcome(parts) {
    const token = parts[8];
    require(token === null || token instanceof Uint8Array, "the token is not binary");
    return {
        type: "welcome",
        version: integer(parts[1], 0, 0xffff),
        room: text(parts[2], 64),
        game: text(parts[3], 64),
        seat: seatOrNull(parts[4]),
        seatsMaximum: integer(parts[5], 0, 65535),
        tickRate: integer(parts[6], 1, 1000),
        tick: integer(parts[7], 0, TICK_MAXIMUM),
        token,
        schema: parseSchema(parts[9], parts[10]),
    };
}

/** @param {any[]} parts @returns {RosterMessage} */
function parseRoster(parts) {
    const entries = list(parts[1], SEAT_MAXIMUM + 1).map((value) => {
        const entry = list(value, 16);
        return {
            seat: integer(entry[0], 0, SEAT_MAXIMUM),
            name: text(entry[1], NAME_LONGEST),
            isHeld: entry[2] === 1,
        };
    });
    return { type: "roster", entries };
}

/** @param {any[]} parts @returns {EventMessage} */
function parseEvent(parts) {
    const payload = parts[4];
    const isText = typeof payload === "string";
    require(isText || payload instanceof Uint8Array, "an event has no payload");
    return {
        type: "event",
        id: integer(parts[1], 1, 0xffffffff),
        from: seatOrNull(parts[2]),
        scope: integer(parts[3], 0, 255),
        payload: isText ? payload.slice(0, 512) : payload,
    };
}

/**
 * Parses a message of the server; elements beyond those known are ignored.
 * @param {Uint8Array} bytes
 * @returns {ServerMessage | null} null for a type that this version does not know
 * @throws {ProtocolError | import("./messagepack.js").MessagePackError}
 */
export function parseMessage(bytes) {
    const value = decode(bytes);
    if (!Array.isArray(value)) throw new ProtocolError("a message is not an array");
    switch (integer(value[0], 0, 0xffffffff)) {
        case 1: return parseSnapshot(value);
        case 2: return parseWelcome(value);
        case 3: return parseRoster(value);
        case 4: return parseEvent(value);
        case 5: return { type: "acknowledge", eventID: integer(value[1], 0, 0xffffffff) };
        case 6:
            return {
                type: "pong",
                stamp: integer(value[1], 0, Number.MAX_SAFE_INTEGER),
                tick: integer(value[2], 0, TICK_MAXIMUM),
                phase: integer(value[3], -0x7fffffff, 0x7fffffff),
            };
        default: return null;
    }
}
