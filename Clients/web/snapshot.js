/**
 * Snapshots: the state of a room at one tick, decoded in full or as a delta against an earlier one.
 */

import { ProtocolError, applied, extrapolated, integer, list, require } from "./schema.js";

/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./schema.js").Kind} Kind */

/**
 * All entities of one kind: ids ascending; row r's numbers begin at r × fields.length.
 * @typedef {{ids: number[], numbers: number[]}} Rows
 */

/** @typedef {{tick: number, rows: Rows[]}} Snapshot */

const IDENTIFIER_MAXIMUM = 0xffffffff;
/** The most ticks between a delta and its baseline. */
export const BASELINE_MAXIMUM = 255;

/** A reader of one flat array of integers. */
class Flat {
    /** @param {any[]} items */
    constructor(items) {
        this.items = items;
        this.next = 0;
        this.identifier = 0;
    }

    get atEnd() {
        return this.next >= this.items.length;
    }

    /**
     * @param {number} minimum
     * @param {number} maximum
     */
    integer(minimum, maximum) {
        return integer(this.items[this.next++], minimum, maximum);
    }

    number() {
        return this.integer(-0x80000000, 0x7fffffff);
    }

    /** The next id: each stands as the distance to the one before it. */
    id() {
        this.identifier += this.integer(1, IDENTIFIER_MAXIMUM);
        require(this.identifier <= IDENTIFIER_MAXIMUM, "an id is too great");
        return this.identifier;
    }
}

/**
 * Reads all numbers of a new row, absolute.
 * @param {Kind} kind
 * @param {Flat} flat
 * @param {number[]} numbers they are added here
 */
function readRow(kind, flat, numbers) {
    for (const field of kind.fields) numbers.push(flat.integer(field.minimum, field.maximum));
}

/**
 * @param {Kind} kind
 * @param {unknown} items
 * @returns {Rows}
 */
function fullRows(kind, items) {
    const width = kind.fields.length + 1;
    const flat = new Flat(list(items, kind.capacity * width));
    /** @type {Rows} */
    const rows = { ids: [], numbers: [] };
    while (!flat.atEnd) {
        rows.ids.push(flat.id());
        readRow(kind, flat, rows.numbers);
    }
    return rows;
}

/** Rows of the baseline on their way to rows of the new snapshot, for one kind. */
class RowMerge {
    /**
     * @param {Kind} kind
     * @param {Rows} before
     * @param {number} ticks from the baseline to the snapshot
     * @param {Set<number>} removed
     */
    constructor(kind, before, ticks, removed) {
        this.kind = kind;
        this.before = before;
        this.ticks = ticks;
        this.removed = removed;
        this.position = 0;
        /** @type {Rows} */
        this.after = { ids: [], numbers: [] };
    }

    /**
     * Carries the baseline's row at `position` over, with the differences that a mask announces.
     * @param {number} mask
     * @param {Flat | null} flat where the differences stand
     */
    carry(mask, flat) {
        const { kind, before, after } = this;
        const width = kind.fields.length;
        const from = this.position * width;
        const to = after.numbers.length;
        require(mask >>> 0 < 2 ** width, "a mask names a field that does not exist");
        /** @type {number[]} */
        const differences = [];
        for (let bit = 0; bit < width; bit += 1) {
            differences.push(flat !== null && mask & (1 << bit) ? flat.number() : 0);
            after.numbers.push(0);
        }
        for (const position of kind.order) {
            const field = kind.fields[position];
            let number = before.numbers[from + position];
            if (field.extrapolates) {
                const changeBefore = before.numbers[from + field.changeField];
                const changeNow = after.numbers[to + field.changeField];
                number = extrapolated(field, number, changeBefore, changeNow, this.ticks);
            }
            const difference = differences[position];
            if (difference !== 0) number = applied(field, number, difference);
            after.numbers[to + position] = number;
        }
        after.ids.push(before.ids[this.position]);
        this.position += 1;
    }

    /**
     * Carries unnamed rows over until the next one's id is at least `id`.
     * @param {number} id
     */
    advance(id) {
        const ids = this.before.ids;
        while (this.position < ids.length && ids[this.position] < id) {
            if (this.removed.delete(ids[this.position])) this.position += 1;
            else this.carry(0, null);
        }
    }

    /** @param {Flat} flat */
    changes(flat) {
        while (!flat.atEnd) {
            const id = flat.id();
            const mask = flat.integer(-1, 0x7fffffff);
            this.advance(id);
            const known = this.before.ids[this.position] === id;
            if (mask === -1) {
                if (known) {
                    require(this.removed.delete(id), "a new entity is already there");
                    this.position += 1;
                }
                this.after.ids.push(id);
                readRow(this.kind, flat, this.after.numbers);
            } else {
                require(known && !this.removed.has(id), "a changed entity is not in the baseline");
                this.carry(mask, flat);
            }
        }
        this.advance(Infinity);
        require(this.removed.size === 0, "a removed entity is not in the baseline");
        require(this.after.ids.length <= this.kind.capacity, "too many entities of a kind");
    }
}

/**
 * @param {Kind} kind
 * @param {Rows} before
 * @param {number} ticks
 * @param {any[]} removed
 * @param {any[]} changed
 * @returns {Rows}
 */
function deltaRows(kind, before, ticks, removed, changed) {
    const gaps = new Flat(removed);
    const gone = new Set();
    while (!gaps.atEnd) gone.add(gaps.id());
    const merge = new RowMerge(kind, before, ticks, gone);
    merge.changes(new Flat(changed));
    return merge.after;
}

/**
 * Decodes the body of a snapshot message.
 * @param {Schema} schema
 * @param {number} tick
 * @param {Snapshot | null} baseline null for a full snapshot
 * @param {unknown} body
 * @returns {Snapshot}
 * @throws {ProtocolError}
 */
export function decodeBody(schema, tick, baseline, body) {
    if (baseline === null) {
        const arrays = list(body, 64);
        require(arrays.length >= schema.kinds.length, "a kind is missing");
        return { tick, rows: schema.kinds.map((kind, index) => fullRows(kind, arrays[index])) };
    }
    const groups = list(body, 3 * schema.kinds.length);
    require(groups.length % 3 === 0, "a group is cut short");
    const ticks = tick - baseline.tick;
    /** @type {(Rows | undefined)[]} */
    const rows = new Array(schema.kinds.length).fill(undefined);
    for (let next = 0; next < groups.length; next += 3) {
        const index = integer(groups[next], 0, schema.kinds.length - 1);
        require(rows[index] === undefined, "a kind comes twice");
        const kind = schema.kinds[index];
        const removed = list(groups[next + 1], kind.capacity);
        const changed = list(groups[next + 2], kind.capacity * (kind.fields.length + 2));
        rows[index] = deltaRows(kind, baseline.rows[index], ticks, removed, changed);
    }
    return {
        tick,
        rows: schema.kinds.map(
            (kind, index) => rows[index] ?? deltaRows(kind, baseline.rows[index], ticks, [], []),
        ),
    };
}

/** The snapshots of the last 255 ticks, by tick: possible baselines, and the view's past. */
export class SnapshotHistory {
    /** @param {Schema} schema */
    constructor(schema) {
        this.schema = schema;
        /** Ascending by tick. @type {Snapshot[]} */
        this.snapshots = [];
    }

    /** The newest snapshot, or null. */
    get newest() {
        return this.snapshots[this.snapshots.length - 1] ?? null;
    }

    /**
     * @param {number} tick
     * @returns {Snapshot | null}
     */
    at(tick) {
        let low = 0;
        let high = this.snapshots.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.snapshots[middle].tick < tick) low = middle + 1;
            else high = middle;
        }
        const found = this.snapshots[low];
        return found !== undefined && found.tick === tick ? found : null;
    }

    /**
     * Decodes a snapshot and keeps it.
     * @param {number} tick
     * @param {number} baselineDistance 0 for a full snapshot
     * @param {unknown} body
     * @returns {Snapshot | null} null where it is not newer than what is there
     * @throws {ProtocolError}
     */
    receive(tick, baselineDistance, body) {
        const newest = this.newest;
        if (newest !== null && tick <= newest.tick) return null;
        let baseline = null;
        if (baselineDistance > 0) {
            baseline = this.at(tick - baselineDistance);
            if (baseline === null) throw new ProtocolError("the baseline is not there");
        }
        const snapshot = decodeBody(this.schema, tick, baseline, body);
        this.snapshots.push(snapshot);
        let stale = 0;
        while (this.snapshots[stale].tick < tick - BASELINE_MAXIMUM) stale += 1;
        if (stale > 0) this.snapshots.splice(0, stale);
        return snapshot;
    }
}
