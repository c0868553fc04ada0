/**
 * The connection to a room: WebSocket, hello, resume token, and reconnection by itself.
 *
 * It knows when to try again and with which token; what messages mean is the session's business.
 */

import { CLOSE, SUBPROTOCOL, encodeHello, encodeLeave } from "./protocol.js";

/** The first interval between attempts. */
export const INTERVAL_MINIMUM_MILLISECONDS = 1000;
/** The longest interval between attempts. */
export const INTERVAL_MAXIMUM_MILLISECONDS = 30000;
/** A connection without any message for so long is taken for dead. */
export const SILENCE_MAXIMUM_MILLISECONDS = 8000;

/** Closes after which another attempt would end alike, or would harm the player. */
const FINAL_CODES = new Set([
    CLOSE.normal, CLOSE.kicked, CLOSE.noSuchRoom, CLOSE.takenOver, CLOSE.versionNotSupported,
]);

/**
 * How long to wait before the next attempt: the interval doubles, and half of it is left to chance.
 * @param {number} attempt 1 for the first one after a loss
 * @param {number} random 0 ..< 1
 * @returns {number} milliseconds
 */
export function backoffMilliseconds(attempt, random) {
    const doubled = INTERVAL_MINIMUM_MILLISECONDS * 2 ** Math.min(attempt - 1, 16);
    return Math.min(doubled, INTERVAL_MAXIMUM_MILLISECONDS) * (0.5 + random * 0.5);
}

/**
 * Whether a close with this code is followed by another attempt.
 * @param {number} code
 */
export function mayRetry(code) {
    return !FINAL_CODES.has(code);
}

/**
 * @typedef {"idle" | "connecting" | "joining" | "joined" | "waiting" | "ended"} ConnectionState
 */

/**
 * @typedef {object} Surroundings what the connection needs of the outside; tests give their own
 * @property {typeof WebSocket} WebSocket
 * @property {(callback: () => void, milliseconds: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random
 * @property {() => number} now milliseconds
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} storage
 */

/**
 * @typedef {object} ConnectionEvents
 * @property {(bytes: Uint8Array, now: number) => void} message
 * @property {(state: ConnectionState) => void} changed
 */

/** @returns {Surroundings} */
function browserSurroundings() {
    let storage = null;
    try {
        storage = window.sessionStorage;
    } catch {
        // Storage may be forbidden: then a reload simply takes a new seat.
    }
    return {
        WebSocket: window.WebSocket,
        setTimeout: (callback, milliseconds) => window.setTimeout(callback, milliseconds),
        clearTimeout: (timer) => window.clearTimeout(timer),
        random: Math.random,
        now: () => performance.now(),
        storage,
    };
}

/** One page's connection to one room. */
export class Connection {
    /**
     * @param {string} url
     * @param {{name: string, spectates: boolean}} player
     * @param {ConnectionEvents} events
     * @param {Surroundings} [surroundings]
     */
    constructor(url, player, events, surroundings = browserSurroundings()) {
        this.url = url;
        this.player = player;
        this.events = events;
        this.surroundings = surroundings;
        /** @type {ConnectionState} */
        this.state = "idle";
        /** @type {WebSocket | null} */
        this.socket = null;
        /** Attempts since the last welcome. */
        this.attempt = 0;
        /** The waits so far, for diagnostics: the last 16, in milliseconds. @type {number[]} */
        this.waits = [];
        /** When the next attempt is due, on the clock of `now`. */
        this.retryAt = 0;
        this.closeCode = 0;
        this.closeReason = "";
        this.lastMessageAt = 0;
        this.timer = null;
        this.tokenKey = `hyoshi.token ${url}`;
    }

    /** Opens the connection, and keeps it open until `leave` or a final close. */
    start() {
        if (this.state === "idle" || this.state === "ended") {
            this.attempt = 0;
            this.open();
        } else if (this.state === "waiting") {
            this.open();
        }
    }

    /** Gives up the seat and ends the connection. */
    leave() {
        this.send(encodeLeave());
        this.storeToken(null);
        this.detach()?.close(CLOSE.normal);
        this.enter("ended");
    }

    /**
     * Sends a message, if there is a connection to send it on and it is not stuck.
     * @param {Uint8Array} bytes
     * @returns {boolean} whether it was handed to the socket
     */
    send(bytes) {
        const socket = this.socket;
        if (socket === null || socket.readyState !== 1) return false;
        // What waits behind 16 KiB would arrive too late to be worth anything.
        if (socket.bufferedAmount > 16384) return false;
        socket.send(/** @type {any} */ (bytes));
        return true;
    }

    /**
     * The welcome has come: the seat is ours, and this token resumes it.
     * @param {Uint8Array | null} token
     */
    welcomed(token) {
        this.attempt = 0;
        this.storeToken(token);
        this.enter("joined");
    }

    /** Ends the connection as a fault would; the next attempt follows as after any loss. */
    drop() {
        const socket = this.detach();
        if (socket === null) return;
        socket.close(4999, "dropped");
        this.lost(1006, "");
    }

    /** The bytes of a message made no sense: the state is in doubt, so it is fetched anew. */
    resynchronize() {
        this.drop();
    }

    /** @param {ConnectionState} state */
    enter(state) {
        if (this.state === state) return;
        this.state = state;
        this.events.changed(state);
    }

    open() {
        this.stopTimer();
        const { WebSocket: Socket, now } = this.surroundings;
        const socket = new Socket(this.url, SUBPROTOCOL);
        socket.binaryType = "arraybuffer";
        this.socket = socket;
        this.enter("connecting");
        this.lastMessageAt = now();
        this.watch();
        socket.onopen = () => {
            this.lastMessageAt = now();
            this.enter("joining");
            this.send(encodeHello(this.player.name, this.player.spectates, this.loadToken()));
        };
        socket.onmessage = (event) => {
            this.lastMessageAt = now();
            if (!(event.data instanceof ArrayBuffer)) return this.resynchronize();
            this.events.message(new Uint8Array(event.data), this.lastMessageAt);
        };
        socket.onclose = (event) => {
            this.detach();
            this.lost(event.code, event.reason);
        };
    }

    /** Drops a connection that has gone silent: a lost network may never say so. */
    watch() {
        this.timer = this.surroundings.setTimeout(() => {
            const silence = this.surroundings.now() - this.lastMessageAt;
            if (silence >= SILENCE_MAXIMUM_MILLISECONDS) this.drop();
            else this.watch();
        }, 1000);
    }

    stopTimer() {
        if (this.timer !== null) this.surroundings.clearTimeout(this.timer);
        this.timer = null;
    }

    /** Takes the socket away from its events. */
    detach() {
        const socket = this.socket;
        this.stopTimer();
        this.socket = null;
        if (socket !== null) socket.onopen = socket.onmessage = socket.onclose = null;
        return socket;
    }

    /**
     * @param {number} code
     * @param {string} reason
     */
    lost(code, reason) {
        this.closeCode = code;
        this.closeReason = reason;
        // A token that was refused would be refused again: the next attempt takes a new seat.
        if (code === CLOSE.tokenRefused) this.storeToken(null);
        if (!mayRetry(code)) {
            if (code !== CLOSE.takenOver) this.storeToken(null);
            this.enter("ended");
            return;
        }
        this.attempt += 1;
        const wait = backoffMilliseconds(this.attempt, this.surroundings.random());
        this.waits = [...this.waits.slice(-15), wait];
        this.retryAt = this.surroundings.now() + wait;
        this.timer = this.surroundings.setTimeout(() => this.open(), wait);
        this.enter("waiting");
    }

    /** @returns {Uint8Array | null} */
    loadToken() {
        if (this.player.spectates) return null;
        const stored = this.surroundings.storage?.getItem(this.tokenKey) ?? "";
        if (!/^[0-9a-f]{32}$/.test(stored)) return null;
        return Uint8Array.from(stored.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    }

    /** @param {Uint8Array | null} token */
    storeToken(token) {
        const { storage } = this.surroundings;
        if (token === null || token.length !== 16) {
            storage?.removeItem(this.tokenKey);
            return;
        }
        const digits = Array.from(token, (byte) => byte.toString(16).padStart(2, "0"));
        storage?.setItem(this.tokenKey, digits.join(""));
    }
}
