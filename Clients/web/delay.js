/** A slow network within the page: messages leave a line later than they entered it, in order. */

/** The share of messages that a stall holds up. */
export const STALL_SHARE = 0.01;

/**
 * What is added to the real network; 0 adds nothing.
 * @typedef {object} AddedDelay
 * @property {number} latencyMilliseconds there and back, half of it each way
 * @property {number} jitterMilliseconds at most, each way and message, evenly spread
 * @property {number} stallMilliseconds for one message of a hundred, and what is behind it
 */

/**
 * @typedef {object} LineSurroundings
 * @property {(callback: () => void, milliseconds: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random
 * @property {() => number} now milliseconds
 */

/** One direction of a connection. */
export class DelayLine {
    /**
     * @param {AddedDelay} delay read for each message, so it may be changed at any time
     * @param {LineSurroundings} surroundings
     */
    constructor(delay, surroundings) {
        this.delay = delay;
        this.surroundings = surroundings;
        /** @type {{due: number, deliver: () => void}[]} */
        this.waiting = [];
        this.timer = null;
        this.newestDue = -Infinity;
    }

    /** Lets a message through, now or later; never before one that came earlier. */
    push(/** @type {() => void} */ deliver) {
        const { latencyMilliseconds, jitterMilliseconds, stallMilliseconds } = this.delay;
        const { now, random } = this.surroundings;
        let added = latencyMilliseconds / 2 + random() * jitterMilliseconds;
        if (stallMilliseconds > 0 && random() < STALL_SHARE) added += stallMilliseconds;
        if (added === 0 && this.waiting.length === 0) {
            deliver();
            return;
        }
        this.newestDue = Math.max(this.newestDue, now() + added);
        this.waiting.push({ due: this.newestDue, deliver });
        if (this.timer === null) this.arm();
    }

    arm() {
        const wait = Math.max(0, this.waiting[0].due - this.surroundings.now());
        this.timer = this.surroundings.setTimeout(() => {
            this.timer = null;
            this.deliverDue();
        }, wait);
    }

    deliverDue() {
        const time = this.surroundings.now();
        // Timers may fire a little early: what is due within half a millisecond goes too.
        while (this.waiting.length > 0 && this.waiting[0].due <= time + 0.5) {
            this.waiting.shift()?.deliver();
        }
        if (this.waiting.length > 0 && this.timer === null) this.arm();
    }

    /** Forgets what is on its way. */
    clear() {
        if (this.timer !== null) this.surroundings.clearTimeout(this.timer);
        this.timer = null;
        this.waiting = [];
        this.newestDue = -Infinity;
    }
}
