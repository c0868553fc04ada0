/**
 * What to show between snapshots: others a little in the past, interpolated; the own ship at the
 * newest tick, lightly extrapolated.
 */

/** @typedef {import("./schema.js").Kind} Kind */
/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./snapshot.js").Snapshot} Snapshot */
/** @typedef {import("./snapshot.js").Rows} Rows */
/** @typedef {import("./snapshot.js").SnapshotHistory} SnapshotHistory */

/** The least delay of others, in ticks: always a snapshot on either side. */
const DELAY_MINIMUM_TICKS = 1.5;
/** The greatest delay of others, in ticks. */
const DELAY_MAXIMUM_TICKS = 12;
/** How far beyond the newest snapshot anything is drawn, in ticks. */
const EXTRAPOLATION_MAXIMUM_TICKS = 8;
/** A leap across more than this share of a field's range is a teleport, not a movement. */
const LEAP_SHARE = 1 / 16;

/**
 * The difference from `a` to `b` on the shorter way around.
 * @param {Field} field
 * @param {number} a
 * @param {number} b
 */
export function shortestDifference(field, a, b) {
    if (!field.wraps) return b - a;
    const turn = field.maximum - field.minimum + 1;
    const rest = (((b - a) % turn) + turn) % turn;
    return rest >= turn / 2 ? rest - turn : rest;
}

/**
 * A number, fraction included, brought into a wrapping field's range minimum ..< maximum + 1.
 * @param {Field} field
 * @param {number} number
 */
function wrapped(field, number) {
    if (!field.wraps) return number;
    const turn = field.maximum - field.minimum + 1;
    const rest = (number - field.minimum) % turn;
    return field.minimum + (rest < 0 ? rest + turn : rest);
}

/**
 * A field's number between two snapshots; `share` above 1 goes on as the change field says.
 * @param {Field} field
 * @param {number} a
 * @param {number} b
 * @param {number} share 0 to 1
 */
export function interpolatedNumber(field, a, b, share) {
    if (field.use !== "coordinate" && field.use !== "angle") return share < 1 ? a : b;
    const difference = shortestDifference(field, a, b);
    const range = field.maximum - field.minimum + 1;
    if (field.use === "coordinate" && Math.abs(difference) > range * LEAP_SHARE) {
        return share < 1 ? a : b;
    }
    return wrapped(field, a + difference * share);
}

/**
 * The position of an id among ascending ids, or −1.
 * @param {number[]} ids
 * @param {number} id
 */
export function positionOf(ids, id) {
    let low = 0;
    let high = ids.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (ids[middle] < id) low = middle + 1;
        else high = middle;
    }
    return ids[low] === id ? low : -1;
}

/** The tick at which others are shown: behind the arriving snapshots by an adaptive delay. */
export class Playback {
    constructor() {
        /** The tick that is shown; NaN before the first. */
        this.tick = NaN;
        this.delayTicks = 2;
    }

    /**
     * Moves on to the time of this display refresh.
     * @param {number} arrivalTick from the clock
     * @param {number} jitterTicks 95th percentile of the arrivals' lateness
     * @param {number} elapsedTicks since the last call
     */
    advance(arrivalTick, jitterTicks, elapsedTicks) {
        const wanted = Math.min(
            DELAY_MAXIMUM_TICKS, Math.max(DELAY_MINIMUM_TICKS, 1.25 + jitterTicks * 1.25));
        // More delay is needed soon, less of it can wait.
        const pace = wanted > this.delayTicks ? 0.05 : 0.005;
        this.delayTicks += (wanted - this.delayTicks) * pace * Math.min(elapsedTicks, 10);
        const target = arrivalTick - this.delayTicks;
        const error = target - (this.tick + elapsedTicks);
        if (!(Math.abs(error) < 30)) {
            this.tick = target;
            return;
        }
        // The beat is bent by at most a tenth, so that the eye does not see it.
        const bend = Math.min(0.1, Math.max(-0.1, error * 0.1)) * elapsedTicks;
        this.tick += elapsedTicks + bend;
    }
}

/**
 * One entity as it is to be drawn: its numbers by field position.
 * @typedef {{id: number, numbers: Float64Array}} Sample
 */

/** Samples of a history at any tick. Arrays are used again from call to call. */
export class Sampler {
    /** @param {SnapshotHistory} history */
    constructor(history) {
        this.history = history;
        /** @type {Sample[][]} */
        this.pools = history.schema.kinds.map(() => []);
    }

    /**
     * The snapshots around a tick: the last one not after it, and the one that follows.
     * @param {number} tick
     * @returns {[Snapshot, Snapshot | null] | null}
     */
    around(tick) {
        const { snapshots } = this.history;
        if (snapshots.length === 0) return null;
        let index = snapshots.length - 1;
        while (index > 0 && snapshots[index].tick > tick) index -= 1;
        return [snapshots[index], snapshots[index + 1] ?? null];
    }

    /**
     * All entities of a kind at a tick.
     * @param {number} kindIndex
     * @param {number} tick
     * @returns {Sample[]} valid until the next call for this kind
     */
    sample(kindIndex, tick) {
        const around = this.around(tick);
        if (around === null) return [];
        const [before, after] = around;
        const rows = before.rows[kindIndex];
        return rows.ids.map((id, row) => {
            const sample = this.slot(kindIndex, row, id);
            this.fill(sample.numbers, kindIndex, rows, row, id, before.tick, after, tick);
            return sample;
        });
    }

    /**
     * @param {number} kindIndex
     * @param {number} row
     * @param {number} id
     * @returns {Sample}
     */
    slot(kindIndex, row, id) {
        const pool = this.pools[kindIndex];
        if (row >= pool.length) {
            const width = this.history.schema.kinds[kindIndex].fields.length;
            pool.push({ id, numbers: new Float64Array(width) });
        }
        pool[row].id = id;
        return pool[row];
    }

    /**
     * @param {Float64Array} numbers they are written here
     * @param {number} kindIndex
     * @param {Rows} rows
     * @param {number} row
     * @param {number} id
     * @param {number} tickBefore
     * @param {Snapshot | null} after
     * @param {number} tick
     */
    fill(numbers, kindIndex, rows, row, id, tickBefore, after, tick) {
        const { fields } = this.history.schema.kinds[kindIndex];
        const from = row * fields.length;
        const rowAfter = after === null ? -1 : positionOf(after.rows[kindIndex].ids, id);
        if (after !== null && rowAfter >= 0) {
            const share = (tick - tickBefore) / (after.tick - tickBefore);
            const to = rowAfter * fields.length;
            const numbersAfter = after.rows[kindIndex].numbers;
            for (let position = 0; position < fields.length; position += 1) {
                const a = rows.numbers[from + position];
                const b = numbersAfter[to + position];
                numbers[position] = interpolatedNumber(
                    fields[position], a, b, Math.min(1, Math.max(0, share)));
            }
            return;
        }
        const beyond = Math.min(EXTRAPOLATION_MAXIMUM_TICKS, Math.max(0, tick - tickBefore));
        for (let position = 0; position < fields.length; position += 1) {
            const field = fields[position];
            let number = rows.numbers[from + position];
            if (field.extrapolates) {
                number = wrapped(field, number + beyond * rows.numbers[from + field.changeField]);
            }
            numbers[position] = number;
        }
    }
}
