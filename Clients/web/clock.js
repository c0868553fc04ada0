/**
 * What tick it is: estimated from when snapshots arrive, and how far ahead inputs must be sent.
 *
 * All times are milliseconds of one monotonic clock, all ticks may have a fraction.
 */

/** The most arrivals that are remembered: 4 s at 60 Hz. */
const WINDOW = 240;
/** The arrivals that the jitter is taken from: a stall is forgotten after 1.5 s. */
const JITTER_WINDOW = 90;
/** So many arrivals in a row that are late by more than this make a shift of the base. */
const SHIFT_WINDOW = 16;
const SHIFT_TICKS = 2.5;
/** The lead never exceeds the round trip by more than this, whatever the margins say. */
const LEAD_SPARE_TICKS = 20;
/** The base may jump at once when it is off by more than this. */
const JUMP_MILLISECONDS = 250;

/**
 * The value below which a share of the sorted numbers lies.
 * @param {ArrayLike<number>} sorted ascending
 * @param {number} share 0 to 1
 */
export function quantile(sorted, share) {
    if (sorted.length === 0) return 0;
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Which tick's snapshot arrives now, if the network is at its quickest. */
export class TickClock {
    /** @param {number} tickRate ticks per second */
    constructor(tickRate) {
        this.tickMilliseconds = 1000 / tickRate;
        /** Arrival − tick × period of the last arrivals, oldest first. @type {number[]} */
        this.offsets = [];
        /** Where tick 0 would have arrived; NaN before the first arrival. */
        this.base = NaN;
        /** How late arrivals are against the quickest: the 95th percentile, milliseconds. */
        this.jitterMilliseconds = 0;
        this.sinceSort = 0;
        /** How often the base had to be set anew. */
        this.shifts = 0;
    }

    get isSynchronized() {
        return !Number.isNaN(this.base);
    }

    /**
     * A snapshot of this tick has arrived.
     * @param {number} tick
     * @param {number} now
     */
    arrived(tick, now) {
        const offset = now - tick * this.tickMilliseconds;
        this.offsets.push(offset);
        if (this.offsets.length > WINDOW) this.offsets.shift();
        if (Number.isNaN(this.base) || Math.abs(offset - this.base) > 4 * JUMP_MILLISECONDS) {
            // First contact, or the server's ticks went on elsewhere: begin anew.
            this.offsets = [offset];
            this.base = offset;
            return;
        }
        const recent = this.offsets.slice(-SHIFT_WINDOW);
        const least = Math.min(...recent);
        const late = (least - this.base) / this.tickMilliseconds;
        if (recent.length === SHIFT_WINDOW && late > SHIFT_TICKS) {
            // Not one of them was in time: the server has dropped ticks, or the way has grown.
            this.offsets = recent;
            this.base = least;
            this.shifts += 1;
        }
        this.sinceSort += 1;
        if (this.sinceSort >= 6 || this.offsets.length < 12) this.settle();
    }

    /** Moves the base towards the quick edge of the arrivals. */
    settle() {
        this.sinceSort = 0;
        const sorted = Float64Array.from(this.offsets).sort();
        // The very quickest may be a freak of the network; with few arrivals there is no other.
        const quick = quantile(sorted, 0.05);
        const error = quick - this.base;
        if (Math.abs(error) > JUMP_MILLISECONDS) this.base = quick;
        else this.base += error * 0.25;
        const recent = Float64Array.from(this.offsets.slice(-JITTER_WINDOW)).sort();
        this.jitterMilliseconds = Math.max(0, quantile(recent, 0.95) - quick);
    }

    /**
     * The tick whose snapshot would arrive at `now`.
     * @param {number} now
     */
    tickAt(now) {
        return (now - this.base) / this.tickMilliseconds;
    }
}

/** How many ticks ahead of the arriving snapshots inputs are addressed, so that few are late. */
export class InputLead {
    /** @param {number} tickRate */
    constructor(tickRate) {
        this.tickRate = tickRate;
        /** The lead in ticks. */
        this.ticks = 4;
        /** What the server should have in hand when a tick begins. */
        this.targetMargin = 2;
        this.leastMargin = Infinity;
        this.windowCount = 0;
        this.settledTick = 0;
        /** The last round trip, milliseconds. */
        this.roundTripMilliseconds = NaN;
    }

    /**
     * A ping came back.
     * @param {number} milliseconds
     */
    measured(milliseconds) {
        const first = Number.isNaN(this.roundTripMilliseconds);
        const before = this.roundTripMilliseconds;
        this.roundTripMilliseconds = first ? milliseconds : before + (milliseconds - before) / 8;
        if (first) this.restart(0);
    }

    /** The round trip in ticks; a guess before it is known. */
    get roundTripTicks() {
        const known = !Number.isNaN(this.roundTripMilliseconds);
        const milliseconds = known ? this.roundTripMilliseconds : 100;
        return Math.ceil((milliseconds * this.tickRate) / 1000);
    }

    /**
     * Begins anew from the round trip alone: the clock that the lead counts from has changed.
     * @param {number} tick the newest snapshot's
     */
    restart(tick) {
        this.ticks = Math.min(60, this.roundTripTicks + this.targetMargin + 1);
        this.leastMargin = Infinity;
        this.windowCount = 0;
        this.settledTick = tick + this.roundTripTicks + 6;
    }

    /**
     * A snapshot told how far ahead of it our newest command was.
     * @param {number} margin
     * @param {number} tick the snapshot's
     */
    observed(margin, tick) {
        // Until commands with the new lead have arrived, margins tell of the old one.
        if (tick < this.settledTick) return;
        this.leastMargin = Math.min(this.leastMargin, margin);
        this.windowCount += 1;
        const error = this.targetMargin - this.leastMargin;
        if (error > 1) {
            // Commands are late or about to be: act at once.
            this.steer(Math.min(error, 16), tick);
        } else if (this.windowCount >= this.tickRate / 2) {
            const step = error > 0 ? error : error < -1 ? Math.max(-4, (error + 1) / 2) : 0;
            this.steer(step, tick);
        }
    }

    /**
     * @param {number} change
     * @param {number} tick
     */
    steer(change, tick) {
        const most = this.roundTripTicks + LEAD_SPARE_TICKS;
        this.ticks = Math.min(most, Math.max(0, this.ticks + change));
        this.leastMargin = Infinity;
        this.windowCount = 0;
        this.settledTick = tick + (change === 0 ? 0 : this.roundTripTicks + 6);
    }
}
