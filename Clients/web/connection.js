/**
 * The connection to a room: a WebSocket, with the network's faults of the panel, and reconnection by
 * itself. What the messages mean is the core's business.
 */

import { DelayLine } from "./delay.js";
import { SUBPROTOCOL } from "./hyoshi.js";

/** @typedef {import("./delay.js").AddedDelay} AddedDelay */

/** Close codes of hyoshi.v1 that the page treats each in its own way. */
export const CLOSE = Object.freeze({
    normal: 1000,
    goingAway: 1001,
    tryAgainLater: 1013,
    kicked: 4403,
    noSuchRoom: 4404,
    takenOver: 4409,
    roomClosed: 4410,
    versionNotSupported: 4426,
});

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
 */

/**
 * @typedef {object} ConnectionEvents
 * @property {(now: number) => void} opened the hello is to be sent
 * @property {(bytes: Uint8Array, now: number) => void} message
 * @property {(code: number) => void} closed
 * @property {(state: ConnectionState) => void} changed
 */

/** @returns {Surroundings} */
function browserSurroundings() {
    return {
        WebSocket: window.WebSocket,
        setTimeout: (callback, milliseconds) => window.setTimeout(callback, milliseconds),
        clearTimeout: (timer) => window.clearTimeout(timer),
        random: Math.random,
        now: () => performance.now(),
    };
}

/** One page's connection to one room. */
export class Connection {
    /**
     * @param {string} url
     * @param {AddedDelay} delay
     * @param {ConnectionEvents} events
     * @param {Surroundings} [surroundings]
     */
    constructor(url, delay, events, surroundings = browserSurroundings()) {
        this.url = url;
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
        /** Payload bytes and messages so far, in both directions. */
        this.traffic = { received: 0, sent: 0, messagesReceived: 0, messagesSent: 0 };
        this.outgoing = new DelayLine(delay, surroundings);
        this.incoming = new DelayLine(delay, surroundings);
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

    /**
     * Ends the connection for good, after some last messages.
     * @param {Uint8Array[]} messages
     */
    end(messages) {
        for (const message of messages) this.sendNow(this.socket, message);
        this.detach()?.close(CLOSE.normal);
        this.enter("ended");
    }

    /**
     * Sends a message, if there is a connection to send it on and it is not stuck.
     * @param {Uint8Array} bytes
     */
    send(bytes) {
        const { socket } = this;
        if (socket !== null) this.outgoing.push(() => this.sendNow(socket, bytes));
    }

    /**
     * @param {WebSocket | null} socket
     * @param {Uint8Array} bytes
     */
    sendNow(socket, bytes) {
        if (socket === null || socket !== this.socket || socket.readyState !== 1) return;
        // What waits behind 16 KiB would arrive too late to be worth anything.
        if (socket.bufferedAmount > 16384) return;
        this.traffic.sent += bytes.length;
        this.traffic.messagesSent += 1;
        socket.send(/** @type {any} */ (bytes));
    }

    /** The welcome has come. */
    welcomed() {
        this.attempt = 0;
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
            this.events.opened(this.lastMessageAt);
        };
        socket.onmessage = (event) => {
            this.lastMessageAt = now();
            if (!(event.data instanceof ArrayBuffer)) return this.resynchronize();
            const bytes = new Uint8Array(event.data);
            this.traffic.received += bytes.length;
            this.traffic.messagesReceived += 1;
            this.incoming.push(() => {
                if (socket === this.socket) this.events.message(bytes, now());
            });
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
        this.outgoing.clear();
        this.incoming.clear();
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
        this.events.closed(code);
        if (!mayRetry(code)) {
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
}

/** What a reload needs to come back to its seat, for as long as the window is open. */
export class SeatMemory {
    /**
     * @param {string} url
     * @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} [storage]
     */
    constructor(url, storage = sessionStorageOrNull()) {
        this.key = `hyoshi.seat ${url}`;
        this.storage = storage;
    }

    get resumption() {
        return this.storage?.getItem(this.key) ?? null;
    }

    set resumption(text) {
        if (text === null) this.storage?.removeItem(this.key);
        else this.storage?.setItem(this.key, text);
    }
}

function sessionStorageOrNull() {
    try {
        return window.sessionStorage;
    } catch {
        // Storage may be forbidden: then a reload simply takes a new seat.
        return null;
    }
}
