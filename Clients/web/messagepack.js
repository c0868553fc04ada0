/**
 * MessagePack, as far as hyoshi.v1 uses it: nil, booleans, integers, strings, binary, arrays.
 *
 * The reader is bounded and iterative: depth, the number of values and every declared count are
 * judged before anything is built from them. Maps, extensions, integers that a JavaScript number
 * cannot hold, and bytes after the one value are refused.
 */

/** @typedef {null | boolean | number | string | Uint8Array | Value[]} Value */

/** The bytes are not MessagePack that this reader accepts. */
export class MessagePackError extends Error {}

/** The deepest nesting of arrays; hyoshi.v1 needs 6. */
export const MAXIMUM_DEPTH = 8;
/** The most values in one message, all depths together: 64 Ki, about 1 MiB of memory. */
export const MAXIMUM_VALUES = 65536;

const utf8Decoder = new TextDecoder("utf-8", { fatal: true });
const utf8Encoder = new TextEncoder();

/** One pass over the bytes of one message. */
class Reader {
    /** @param {Uint8Array} bytes */
    constructor(bytes) {
        this.bytes = bytes;
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.offset = 0;
        this.valuesLeft = MAXIMUM_VALUES;
        /** The count of the array that `scalarOrArray` has just opened, or −1. */
        this.opened = -1;
    }

    /**
     * The offset before taking `count` bytes.
     * @param {number} count
     */
    take(count) {
        const start = this.offset;
        if (count > this.bytes.length - start) throw new MessagePackError("message is cut short");
        this.offset = start + count;
        return start;
    }

    /** @param {number} count */
    text(count) {
        const start = this.take(count);
        try {
            return utf8Decoder.decode(this.bytes.subarray(start, start + count));
        } catch {
            throw new MessagePackError("string is not UTF-8");
        }
    }

    /** @param {number} count */
    binary(count) {
        const start = this.take(count);
        return this.bytes.slice(start, start + count);
    }

    /** @param {number} count */
    array(count) {
        // Each element takes at least one byte: a count beyond the rest cannot be honest.
        if (count > this.bytes.length - this.offset || count > this.valuesLeft) {
            throw new MessagePackError("array is longer than its message");
        }
        this.opened = count;
        return null;
    }

    /** @param {bigint} wide */
    narrow(wide) {
        const number = Number(wide);
        if (!Number.isSafeInteger(number)) throw new MessagePackError("integer is too great");
        return number;
    }

    /**
     * Reads one value; for an array only its head, its count is then in `opened`.
     * @returns {Value}
     */
    scalarOrArray() {
        if (--this.valuesLeft < 0) throw new MessagePackError("message has too many values");
        const byte = this.bytes[this.take(1)];
        if (byte < 0x80) return byte;
        if (byte >= 0xe0) return byte - 256;
        if (byte >= 0xa0 && byte < 0xc0) return this.text(byte & 31);
        if (byte >= 0x90 && byte < 0xa0) return this.array(byte & 15);
        const view = this.view;
        switch (byte) {
            case 0xc0: return null;
            case 0xc2: return false;
            case 0xc3: return true;
            case 0xc4: return this.binary(view.getUint8(this.take(1)));
            case 0xc5: return this.binary(view.getUint16(this.take(2)));
            case 0xc6: return this.binary(view.getUint32(this.take(4)));
            case 0xca: return view.getFloat32(this.take(4));
            case 0xcb: return view.getFloat64(this.take(8));
            case 0xcc: return view.getUint8(this.take(1));
            case 0xcd: return view.getUint16(this.take(2));
            case 0xce: return view.getUint32(this.take(4));
            case 0xcf: return this.narrow(view.getBigUint64(this.take(8)));
            case 0xd0: return view.getInt8(this.take(1));
            case 0xd1: return view.getInt16(this.take(2));
            case 0xd2: return view.getInt32(this.take(4));
            case 0xd3: return this.narrow(view.getBigInt64(this.take(8)));
            case 0xd9: return this.text(view.getUint8(this.take(1)));
            case 0xda: return this.text(view.getUint16(this.take(2)));
            case 0xdb: return this.text(view.getUint32(this.take(4)));
            case 0xdc: return this.array(view.getUint16(this.take(2)));
            case 0xdd: return this.array(view.getUint32(this.take(4)));
            default: throw new MessagePackError("maps and extensions are not used here");
        }
    }
}

/**
 * Reads one value that fills all of `bytes`.
 * @param {Uint8Array} bytes
 * @returns {Value}
 * @throws {MessagePackError}
 */
export function decode(bytes) {
    const reader = new Reader(bytes);
    /** @type {{items: Value[], left: number}[]} */
    const open = [];
    for (;;) {
        reader.opened = -1;
        /** @type {Value} */
        let value = reader.scalarOrArray();
        if (reader.opened >= 0) {
            if (open.length === MAXIMUM_DEPTH) throw new MessagePackError("nested too deeply");
            const items = [];
            if (reader.opened > 0) {
                open.push({ items, left: reader.opened });
                continue;
            }
            value = items;
        }
        for (;;) {
            const top = open[open.length - 1];
            if (top === undefined) {
                if (reader.offset !== bytes.length) {
                    throw new MessagePackError("bytes after the value");
                }
                return value;
            }
            top.items.push(value);
            top.left -= 1;
            if (top.left > 0) break;
            value = top.items;
            open.pop();
        }
    }
}

/** A growing buffer that values are written to. */
class Writer {
    constructor() {
        this.bytes = new Uint8Array(64);
        this.view = new DataView(this.bytes.buffer);
        this.length = 0;
    }

    /**
     * The offset of `count` fresh bytes.
     * @param {number} count
     */
    grow(count) {
        const start = this.length;
        this.length = start + count;
        if (this.length > this.bytes.length) {
            const wider = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
            wider.set(this.bytes);
            this.bytes = wider;
            this.view = new DataView(wider.buffer);
        }
        return start;
    }

    /** @param {number} byte */
    byte(byte) {
        const start = this.grow(1);
        this.bytes[start] = byte;
    }

    /**
     * A head byte and a big-endian unsigned number of 1, 2 or 4 bytes.
     * @param {number} head
     * @param {number} width
     * @param {number} number
     */
    sized(head, width, number) {
        this.byte(head);
        const start = this.grow(width);
        if (width === 1) this.view.setUint8(start, number);
        else if (width === 2) this.view.setUint16(start, number);
        else this.view.setUint32(start, number);
    }

    /** @param {number} number */
    integer(number) {
        if (!Number.isSafeInteger(number)) throw new MessagePackError("not an integer");
        if (number >= -32 && number < 128) this.byte(number & 0xff);
        else if (number > 0) this.unsigned(number);
        else if (number >= -0x80) this.sized(0xd0, 1, number & 0xff);
        else if (number >= -0x8000) this.sized(0xd1, 2, number & 0xffff);
        else if (number >= -0x80000000) this.sized(0xd2, 4, number >>> 0);
        else {
            this.byte(0xd3);
            const start = this.grow(8);
            this.view.setBigInt64(start, BigInt(number));
        }
    }

    /** @param {number} number */
    unsigned(number) {
        if (number <= 0xff) this.sized(0xcc, 1, number);
        else if (number <= 0xffff) this.sized(0xcd, 2, number);
        else if (number <= 0xffffffff) this.sized(0xce, 4, number);
        else {
            this.byte(0xcf);
            const start = this.grow(8);
            this.view.setBigUint64(start, BigInt(number));
        }
    }

    /**
     * @param {Uint8Array} content
     * @param {number} short the head for lengths of one byte; the next two are the wider ones
     */
    content(content, short) {
        const count = content.length;
        if (count <= 0xff) this.sized(short, 1, count);
        else if (count <= 0xffff) this.sized(short + 1, 2, count);
        else this.sized(short + 2, 4, count);
        this.raw(content);
    }

    /** @param {Uint8Array} content */
    raw(content) {
        const start = this.grow(content.length);
        this.bytes.set(content, start);
    }

    /** @param {string} text */
    text(text) {
        const content = utf8Encoder.encode(text);
        if (content.length < 32) {
            this.byte(0xa0 | content.length);
            this.raw(content);
        } else {
            this.content(content, 0xd9);
        }
    }

    /** @param {Value} value */
    value(value) {
        if (typeof value === "number") this.integer(value);
        else if (value === null) this.byte(0xc0);
        else if (typeof value === "boolean") this.byte(value ? 0xc3 : 0xc2);
        else if (typeof value === "string") this.text(value);
        else if (value instanceof Uint8Array) this.content(value, 0xc4);
        else if (Array.isArray(value)) {
            if (value.length < 16) this.byte(0x90 | value.length);
            else if (value.length <= 0xffff) this.sized(0xdc, 2, value.length);
            else this.sized(0xdd, 4, value.length);
            for (const item of value) this.value(item);
        } else throw new MessagePackError("value has no place in this protocol");
    }
}

/**
 * Writes one value in its shortest form. Numbers must be integers.
 * @param {Value} value
 * @returns {Uint8Array}
 * @throws {MessagePackError}
 */
export function encode(value) {
    const writer = new Writer();
    writer.value(value);
    return writer.bytes.slice(0, writer.length);
}
