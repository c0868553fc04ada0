/**
 * The client's core of one connection: bytes of the server in, bytes for the server out, and the
 * state of the room at any tick between. It opens no socket and reads no clock.
 *
 * Everything the page wants of the netcode goes through this class; a compiled core can take its
 * place by offering the same members.
 */

import { InputLead, TickClock } from "./clock.js";
import { Playback, Sampler } from "./interpolation.js";
import {
    COMMANDS_MAXIMUM, ProtocolError, encodeAcknowledge, encodeInput, encodePing, isNewer,
    parseMessage,
} from "./protocol.js";
import { SnapshotHistory } from "./snapshot.js";

/** @typedef {import("./protocol.js").WelcomeMessage} WelcomeMessage */
/** @typedef {import("./protocol.js").SnapshotMessage} SnapshotMessage */
/** @typedef {import("./protocol.js").RosterEntry} RosterEntry */
/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").EventMessage} EventMessage */
/** @typedef {import("./protocol.js").PongMessage} PongMessage */
/** @typedef {import("./snapshot.js").Snapshot} Snapshot */

/** Unacknowledged commands that each input message repeats, the newest included. */
const TAIL_COMMANDS = 3;
/** Snapshots after which an acknowledgement goes out by itself, if no input carried it. */
const ACKNOWLEDGE_TICKS = 6;
/** Input messages whose ticks are remembered: 4 s. A divisor of 65,536. */
const SENT_REMEMBERED = 256;
const PING_MILLISECONDS = 1000;

/**
 * @typedef {object} SessionEvents
 * @property {(welcome: WelcomeMessage) => void} welcome
 * @property {(snapshot: Snapshot, before: Snapshot | null) => void} snapshot
 * @property {(event: EventMessage) => void} event
 */

/** @typedef {{tick: number, sequence: number, values: number[]}} Command */

/** One connection's state, from its welcome on. */
export class Session {
    /** @param {SessionEvents} events */
    constructor(events) {
        this.events = events;
        /** @type {WelcomeMessage | null} */
        this.welcome = null;
        /** @type {Map<number, RosterEntry>} */
        this.roster = new Map();
        /** @type {SnapshotHistory | null} */
        this.history = null;
        /** @type {Sampler | null} */
        this.sampler = null;
        this.clock = new TickClock(60);
        this.lead = new InputLead(60);
        this.playback = new Playback();
        /** Newest last; the ticks follow each other without a gap. @type {Command[]} */
        this.commands = [];
        /** The tick of the newest command; 0 before the first. */
        this.lastCommandTick = 0;
        /** The newest command's tick of the last input messages. */
        this.sentTicks = /** @type {{sequence: number, tick: number}[]} */ ([]);
        this.sequence = 0;
        this.newestEventID = 0;
        this.receivedTick = 0;
        this.acknowledgedTick = 0;
        this.acknowledgedEventID = 0;
        this.pingedAt = -Infinity;
        this.lastFrameAt = NaN;
        this.counts = { snapshots: 0, deltas: 0, stale: 0, bytes: 0, inputs: 0, resumed: 0 };
    }

    /** The own seat, or null for a spectator and before the welcome. */
    get seat() {
        return this.welcome?.seat ?? null;
    }

    /** The newest decoded tick; 0 before the first. */
    get newestTick() {
        return this.history?.newest?.tick ?? 0;
    }

    /** Whether there is something to show. */
    get isReady() {
        return this.newestTick > 0 && this.clock.isSynchronized;
    }

    /**
     * Takes a message of the server.
     * @param {Uint8Array} bytes
     * @param {number} now milliseconds
     * @throws {ProtocolError | import("./messagepack.js").MessagePackError}
     */
    receive(bytes, now) {
        const message = parseMessage(bytes);
        this.counts.bytes += bytes.length;
        switch (message?.type) {
            case "welcome": this.welcomed(message); break;
            case "snapshot": this.snapshot(message, now); break;
            case "roster":
                this.roster = new Map(message.entries.map((entry) => [entry.seat, entry]));
                break;
            case "event": this.event(message); break;
            case "pong": this.pong(message, now); break;
            default: break;
        }
    }

    /** @param {WelcomeMessage} welcome */
    welcomed(welcome) {
        const before = this.welcome;
        if (before !== null && before.seat !== null && before.seat === welcome.seat) {
            this.counts.resumed += 1;
        } else {
            // Event ids belong to a seat; another one counts from 1.
            this.newestEventID = 0;
            this.sequence = 0;
        }
        this.welcome = welcome;
        this.history = new SnapshotHistory(welcome.schema);
        this.sampler = new Sampler(this.history);
        this.clock = new TickClock(welcome.tickRate);
        this.lead = new InputLead(welcome.tickRate);
        this.playback = new Playback();
        this.commands = [];
        this.lastCommandTick = 0;
        this.sentTicks = [];
        this.receivedTick = 0;
        this.acknowledgedTick = 0;
        this.acknowledgedEventID = 0;
        this.pingedAt = -Infinity;
        this.events.welcome(welcome);
    }

    /**
     * @param {SnapshotMessage} message
     * @param {number} now
     */
    snapshot(message, now) {
        const history = this.history;
        if (history === null) throw new ProtocolError("a snapshot came before the welcome");
        const before = history.newest;
        if (message.baseline > 0) {
            // The least tick above the last one that has these low bits.
            const distance = (message.tick - this.receivedTick) & 0xffff;
            message.tick = this.receivedTick + (distance === 0 ? 0x10000 : distance);
        }
        this.receivedTick = message.tick;
        const snapshot = history.receive(message.tick, message.baseline, message.body);
        if (snapshot === null) {
            this.counts.stale += 1;
            return;
        }
        this.counts.snapshots += 1;
        if (message.baseline > 0) this.counts.deltas += 1;
        const { shifts } = this.clock;
        this.clock.arrived(message.tick, now);
        if (this.clock.shifts !== shifts) this.lead.restart(message.tick);
        const sequence = message.sequence;
        if (sequence !== null) {
            // A resumed seat may have heard higher numbers than this page has yet sent.
            if (isNewer(sequence, this.sequence)) this.sequence = sequence;
            this.commands = this.commands.filter(
                (command) => command.tick > message.tick || isNewer(command.sequence, sequence));
        }
        const margin = this.margin(message);
        if (margin !== null) this.lead.observed(margin, message.tick);
        this.events.snapshot(snapshot, before);
    }

    /**
     * How far ahead of the snapshot the newest command was that had reached the server by then.
     *
     * The server's own margin knows only commands that it has taken: after commands that came too
     * early it would look as if they had come too late.
     * @param {SnapshotMessage} message
     * @returns {number | null}
     */
    margin(message) {
        const { sequence } = message;
        if (sequence === null) return null;
        const sent = this.sentTicks[sequence % SENT_REMEMBERED];
        if (sent !== undefined && sent.sequence === sequence) return sent.tick - message.tick;
        return message.margin;
    }

    /** @param {EventMessage} event */
    event(event) {
        // After a resume unacknowledged events come again: each id counts once.
        if (event.id <= this.newestEventID) return;
        this.newestEventID = event.id;
        this.events.event(event);
    }

    /**
     * @param {PongMessage} pong
     * @param {number} now
     */
    pong(pong, now) {
        const milliseconds = now - pong.stamp / 1000;
        if (milliseconds >= 0 && milliseconds < 60000) this.lead.measured(milliseconds);
    }

    /**
     * What is to be sent now; to be called once per display refresh and after each message.
     * @param {number} now
     * @param {(() => number[]) | null} sample the input fields' numbers, or null for none now
     * @returns {Uint8Array[]}
     */
    outgoing(now, sample) {
        /** @type {Uint8Array[]} */
        const messages = [];
        if (this.history === null) return messages;
        if (now - this.pingedAt >= PING_MILLISECONDS) {
            this.pingedAt = now;
            messages.push(encodePing(Math.round(now * 1000)));
        }
        if (sample !== null && this.seat !== null && this.isReady) {
            const input = this.input(now, sample);
            if (input !== null) messages.push(input);
        }
        const isDue = this.newestTick - this.acknowledgedTick >= ACKNOWLEDGE_TICKS;
        if (isDue || this.newestEventID > this.acknowledgedEventID) {
            this.acknowledgedTick = this.newestTick;
            this.acknowledgedEventID = this.newestEventID;
            messages.push(encodeAcknowledge(this.newestTick, this.newestEventID));
        }
        return messages;
    }

    /**
     * Makes the commands for the ticks that have come up, and the message that carries them.
     * @param {number} now
     * @param {() => number[]} sample
     * @returns {Uint8Array | null}
     */
    input(now, sample) {
        const tick = Math.floor(this.clock.tickAt(now) + this.lead.ticks);
        const last = this.commands[this.commands.length - 1]?.tick ?? this.lastCommandTick;
        if (tick <= Math.max(last, this.newestTick)) return null;
        this.sequence = (this.sequence + 1) & 0xffff;
        let fresh = tick - last;
        if (fresh > COMMANDS_MAXIMUM) {
            // A long pause: what was not sent is past, the tail begins anew.
            this.commands = [];
            fresh = 1;
        }
        for (let number = tick - fresh + 1; number <= tick; number += 1) {
            this.commands.push({ tick: number, sequence: this.sequence, values: sample() });
        }
        this.lastCommandTick = tick;
        this.sentTicks[this.sequence % SENT_REMEMBERED] = { sequence: this.sequence, tick };
        if (this.commands.length > 128) this.commands.splice(0, this.commands.length - 128);
        const count = Math.max(fresh, Math.min(TAIL_COMMANDS, this.unacknowledgedCount()));
        const values = this.commands.slice(-count).reverse().flatMap((command) => command.values);
        this.acknowledgedTick = this.newestTick;
        this.counts.inputs += 1;
        return encodeInput(this.sequence, tick, this.newestTick, values);
    }

    /** Commands at the end of the list whose ticks the server has not yet reached. */
    unacknowledgedCount() {
        let count = 0;
        for (let index = this.commands.length - 1; index >= 0; index -= 1) {
            if (this.commands[index].tick <= this.newestTick) break;
            count += 1;
        }
        return count;
    }

    /**
     * Commands that the newest snapshot cannot contain yet, oldest first.
     * @returns {Command[]}
     */
    pendingCommands() {
        return this.commands.filter((command) => command.tick > this.newestTick);
    }

    /**
     * Moves the picture's time on; to be called once per display refresh.
     * @param {number} now
     */
    advance(now) {
        if (!this.isReady) return;
        const period = this.clock.tickMilliseconds;
        const elapsed = Number.isNaN(this.lastFrameAt) ? 0 : (now - this.lastFrameAt) / period;
        this.lastFrameAt = now;
        const jitterTicks = this.clock.jitterMilliseconds / period;
        this.playback.advance(this.clock.tickAt(now), jitterTicks, elapsed);
    }
}
