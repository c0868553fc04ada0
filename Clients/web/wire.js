/**
 * hyoshi.v1 without a module, for the debug page: what the server says, decoded as docs/protocol.md
 * has it, and nothing more: no prediction, no interpolation, no clock.
 */

/** The bytes are not what docs/protocol.md allows. */
export class WireError extends Error {}

/** @typedef {null | boolean | number | string | Uint8Array | Value[]} Value */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {number} use 0 number, 1 flags, 2 angle, 3 coordinate, 4 seat
 * @property {number} minimum
 * @property {number} maximum
 * @property {number} step
 * @property {number} scale
 * @property {string} unit
 * @property {boolean} wraps
 * @property {number | null} changeField
 */

/** @typedef {{name: string, capacity: number, fields: Field[], order: number[]}} Kind */
/** All entities of a kind, by id, ascending. @typedef {Map<number, number[]>} Rows */

const text = new TextDecoder("utf-8", { fatal: true });

/**
 * @param {boolean} condition
 * @param {string} complaint
 * @returns {asserts condition}
 */
function check(condition, complaint) {
    if (!condition) throw new WireError(complaint);
}

/** One MessagePack value; what hyoshi.v1 has no use for is refused. */
class Reader {
    /** @param {Uint8Array} bytes */
    constructor(bytes) {
        this.bytes = bytes;
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.offset = 0;
    }

    /** @param {number} count */
    take(count) {
        const start = this.offset;
        check(count <= this.bytes.length - start, "a message is cut short");
        this.offset += count;
        return start;
    }

    /** @param {number} count @returns {Uint8Array} */
    binary(count) {
        const start = this.take(count);
        return this.bytes.subarray(start, start + count);
    }

    /** @param {number} count @param {number} depth @returns {Value[]} */
    list(count, depth) {
        check(depth < 8 && count <= this.bytes.length - this.offset, "an array is too long or deep");
        return Array.from({ length: count }, () => this.value(depth + 1));
    }

    /** @param {number} depth @returns {Value} */
    value(depth = 0) {
        const { view } = this;
        const byte = view.getUint8(this.take(1));
        if (byte < 0x80) return byte;
        if (byte >= 0xe0) return byte - 256;
        if (byte >= 0xa0 && byte < 0xc0) return text.decode(this.binary(byte & 31));
        if (byte >= 0x90 && byte < 0xa0) return this.list(byte & 15, depth);
        switch (byte) {
            case 0xc0: return null;
            case 0xc2: return false;
            case 0xc3: return true;
            case 0xc4: return this.binary(view.getUint8(this.take(1)));
            case 0xc5: return this.binary(view.getUint16(this.take(2)));
            case 0xcc: return view.getUint8(this.take(1));
            case 0xcd: return view.getUint16(this.take(2));
            case 0xce: return view.getUint32(this.take(4));
            case 0xcf: return Number(view.getBigUint64(this.take(8)));
            case 0xd0: return view.getInt8(this.take(1));
            case 0xd1: return view.getInt16(this.take(2));
            case 0xd2: return view.getInt32(this.take(4));
            case 0xd3: return Number(view.getBigInt64(this.take(8)));
            case 0xd9: return text.decode(this.binary(view.getUint8(this.take(1))));
            case 0xda: return text.decode(this.binary(view.getUint16(this.take(2))));
            case 0xdc: return this.list(view.getUint16(this.take(2)), depth);
            case 0xdd: return this.list(view.getUint32(this.take(4)), depth);
            default: throw new WireError(`a value of type ${byte}`);
        }
    }
}

/** @param {Uint8Array} bytes @returns {Value} */
export function decode(bytes) {
    const reader = new Reader(bytes);
    const value = reader.value();
    check(reader.offset === bytes.length, "bytes behind the message");
    return value;
}

/**
 * MessagePack of integers of 32 bits, strings, nil and arrays of them.
 * @param {Value} value
 * @returns {Uint8Array}
 */
export function encode(value) {
    /** @type {number[]} */
    const bytes = [];
    const big = (/** @type {number} */ number, /** @type {number} */ count) => {
        for (let place = count - 1; place >= 0; place -= 1) bytes.push((number >> (8 * place)) & 255);
    };
    const add = (/** @type {Value} */ each) => {
        if (each === null) {
            bytes.push(0xc0);
        } else if (typeof each === "number") {
            if (each >= -32 && each < 128) bytes.push(each & 255);
            else if (each < 0) bytes.push(0xd2), big(each, 4);
            else bytes.push(0xce), big(each, 4);
        } else if (typeof each === "string") {
            const utf8 = new TextEncoder().encode(each);
            check(utf8.length < 256, "a string is too long");
            bytes.push(0xd9, utf8.length, ...utf8);
        } else if (Array.isArray(each)) {
            bytes.push(0xdc);
            big(each.length, 2);
            each.forEach(add);
        } else {
            throw new WireError("only integers, strings, nil and arrays can be sent");
        }
    };
    add(value);
    return new Uint8Array(bytes);
}

/** @param {any} parts @returns {Field} */
export function parseField(parts) {
    check(Array.isArray(parts) && parts.length >= 9, "a field is cut short");
    const [name, use, minimum, maximum, step, scale, unit, wraps, changeField] = parts;
    return { name, use, minimum, maximum, step, scale, unit, wraps, changeField };
}

/** @param {any} parts @returns {Kind} */
export function parseKind(parts) {
    check(Array.isArray(parts) && Array.isArray(parts[2]), "a kind is cut short");
    const fields = parts[2].map(parseField);
    // A change field is decoded before those that use it.
    /** @type {number[]} */
    const order = [];
    while (order.length < fields.length) {
        const next = fields.findIndex((field, position) => !order.includes(position)
            && (field.changeField === null || order.includes(field.changeField)));
        check(next >= 0, "change fields refer to each other in a circle");
        order.push(next);
    }
    return { name: parts[0], capacity: parts[1], fields, order };
}

/** @param {Field} field @param {number} number */
function fold({ minimum, maximum, wraps }, number) {
    if (!wraps) return Math.min(Math.max(number, minimum), maximum);
    const turn = maximum - minimum + 1;
    return minimum + ((((number - minimum) % turn) + turn) % turn);
}

/**
 * A row `ticks` after `before`: as expected, but for the differences (docs/protocol.md §6.2).
 * @param {Kind} kind
 * @param {number[]} before
 * @param {number} ticks
 * @param {Map<number, number>} differences by field position
 */
function moved(kind, before, ticks, differences) {
    const after = [...before];
    for (const position of kind.order) {
        const field = kind.fields[position];
        const change = field.changeField;
        let number = before[position];
        if (change !== null && kind.fields[change].step === field.step) {
            const growth = Math.floor(((after[change] - before[change]) * (ticks + 1)) / 2);
            number = fold(field, number + ticks * before[change] + growth);
        }
        const difference = differences.get(position);
        if (difference !== undefined) {
            number = field.wraps ? fold(field, number + difference) : (number + difference) | 0;
        }
        after[position] = number;
    }
    return after;
}

/**
 * @param {Kind} kind
 * @param {number[]} run a flat array of gap and numbers
 * @returns {Rows}
 */
function fullRows(kind, run) {
    const width = kind.fields.length + 1;
    check(run.length % width === 0, "half an entity");
    /** @type {Rows} */
    const rows = new Map();
    let id = 0;
    for (let next = 0; next < run.length; next += width) {
        id += run[next] >>> 0;
        rows.set(id, run.slice(next + 1, next + width));
    }
    return rows;
}

/**
 * @param {Kind} kind
 * @param {Rows} before
 * @param {number} ticks
 * @param {number[]} removed gaps
 * @param {number[]} changed gap, mask and numbers of each
 * @returns {Rows}
 */
function deltaRows(kind, before, ticks, removed, changed) {
    const rows = new Map(before);
    let id = 0;
    for (const gap of removed) {
        id += gap >>> 0;
        check(rows.delete(id), "a removed entity is not there");
    }
    for (const [number, row] of rows) rows.set(number, moved(kind, row, ticks, new Map()));
    id = 0;
    for (let next = 0; next < changed.length;) {
        id += changed[next] >>> 0;
        const mask = changed[next + 1];
        next += 2;
        if (mask === -1) {
            rows.set(id, changed.slice(next, next + kind.fields.length));
            next += kind.fields.length;
            continue;
        }
        const old = before.get(id);
        check(old !== undefined, "a changed entity is not there");
        const differences = new Map();
        kind.fields.forEach((_, position) => {
            if (mask & (1 << position)) differences.set(position, changed[next++]);
        });
        rows.set(id, moved(kind, old, ticks, differences));
    }
    return new Map([...rows].sort((left, right) => left[0] - right[0]));
}

/** The states of a room by tick: the possible baselines. */
export class Snapshots {
    /** @param {Kind[]} kinds */
    constructor(kinds) {
        this.kinds = kinds;
        /** The tick of the last snapshot that came. */
        this.tick = 0;
        /** @type {Map<number, Rows[]>} */
        this.states = new Map();
    }

    /** The newest state; empty before the first. */
    get newest() {
        return this.states.get(this.tick) ?? this.kinds.map(() => new Map());
    }

    /**
     * Takes a snapshot message `[1, sequence, margin, tick, baseline, body]`.
     * @param {any[]} message
     * @throws {WireError} then the next acknowledgement must be 0
     */
    take([, , , low, distance, body]) {
        const before = this.tick;
        // Of a delta's tick the low 16 bits come: it is the next one that has them.
        this.tick = distance === 0 ? low : before + 1 + ((low - before - 1) & 0xffff);
        if (distance === 0) {
            this.states.set(this.tick, this.kinds.map((kind, index) => fullRows(kind, body[index])));
        } else {
            const baseline = this.states.get(this.tick - distance);
            check(baseline !== undefined, "the baseline is not there");
            const groups = new Map();
            for (let next = 0; next < body.length; next += 3) {
                groups.set(body[next], [body[next + 1], body[next + 2]]);
            }
            this.states.set(this.tick, this.kinds.map((kind, index) => {
                const [removed, changed] = groups.get(index) ?? [[], []];
                return deltaRows(kind, baseline[index], distance, removed, changed);
            }));
        }
        for (const old of this.states.keys()) if (old < this.tick - 64) this.states.delete(old);
    }
}
