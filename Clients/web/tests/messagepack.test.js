import assert from "node:assert/strict";
import { test } from "node:test";

import { MAXIMUM_DEPTH, MAXIMUM_VALUES, MessagePackError, decode, encode } from "../messagepack.js";
import { fromHex, seededRandom, vectors } from "./files.js";

/** What a vector's notation says, or undefined where this reader must refuse it. */
function fromNotation(notation) {
    const parts = notation.split(" ");
    const next = () => {
        const part = parts.shift();
        if (part === "nil") return null;
        if (part === "true" || part === "false") return part === "true";
        if (part === "{") throw new MessagePackError("a map");
        if (part === "[") {
            const items = [];
            while (parts[0] !== "]") items.push(next());
            parts.shift();
            return items;
        }
        const rest = part.slice(1);
        switch (part[0]) {
            case "i":
                if (!Number.isSafeInteger(Number(rest))) throw new MessagePackError("too great");
                return Number(rest);
            case "f": return new DataView(fromHex(rest).buffer).getFloat64(0);
            case "s": return new TextDecoder().decode(fromHex(rest));
            case "b": return fromHex(rest);
            default: throw new Error(`unknown notation ${part}`);
        }
    };
    return next();
}

function usesFloats(notation) {
    return /(^| )f/.test(notation);
}

test("reads what Python's msgpack writes, and refuses what the protocol has no place for", () => {
    let accepted = 0;
    let refused = 0;
    for (const [hex, notation] of vectors()) {
        let expected;
        try {
            expected = fromNotation(notation);
        } catch {
            assert.throws(() => decode(fromHex(hex)), MessagePackError, hex);
            refused += 1;
            continue;
        }
        assert.deepEqual(decode(fromHex(hex)), expected, hex);
        accepted += 1;
    }
    assert.ok(accepted > 100 && refused > 10, `${accepted} accepted, ${refused} refused`);
});

test("writes as Python's msgpack does", () => {
    for (const [hex, notation] of vectors()) {
        if (usesFloats(notation)) continue;
        let value;
        try {
            value = fromNotation(notation);
        } catch {
            continue;
        }
        assert.equal(Buffer.from(encode(value)).toString("hex"), hex);
    }
});

test("refuses every truncation and every tail", () => {
    const bytes = encode([1, -300, "拍子", new Uint8Array([1, 2]), [null, [70000]], 2 ** 40]);
    for (let length = 0; length < bytes.length; length += 1) {
        assert.throws(() => decode(bytes.subarray(0, length)), MessagePackError);
    }
    assert.throws(() => decode(new Uint8Array([...bytes, 0])), MessagePackError);
});

test("refuses declared counts that the message cannot hold", () => {
    for (const hex of ["ddffffffff", "dcffff00", "dbffffffff", "c6ffffffff", "c57fff", "9f"]) {
        assert.throws(() => decode(fromHex(hex)), MessagePackError, hex);
    }
});

test("refuses maps, extensions, the unused byte, wide integers and false UTF-8", () => {
    const refused = [
        "80", "df00000000", "c1", "d40000", "c70100ff", "cfffffffffffffffff", "d38000000000000000",
        "a1ff", "a3eda080",
    ];
    for (const hex of refused) assert.throws(() => decode(fromHex(hex)), MessagePackError, hex);
});

test("bounds depth and the number of values", () => {
    const nested = (depth) => fromHex("91".repeat(depth) + "90");
    assert.equal(decode(nested(MAXIMUM_DEPTH - 1)).length, 1);
    assert.throws(() => decode(nested(MAXIMUM_DEPTH)), MessagePackError);
    const wide = new Uint8Array(5 + MAXIMUM_VALUES);
    wide.set(fromHex("dd"));
    new DataView(wide.buffer).setUint32(1, MAXIMUM_VALUES);
    assert.throws(() => decode(wide), MessagePackError);
    const fitting = wide.slice(0, wide.length - 1);
    new DataView(fitting.buffer).setUint32(1, MAXIMUM_VALUES - 1);
    assert.equal(decode(fitting).length, MAXIMUM_VALUES - 1);
});

test("random bytes give a value or the documented error, nothing else", () => {
    const random = seededRandom(7);
    let values = 0;
    for (let round = 0; round < 20000; round += 1) {
        const bytes = Uint8Array.from({ length: random.below(24) }, () => random.below(256));
        try {
            decode(bytes);
            values += 1;
        } catch (error) {
            assert.ok(error instanceof MessagePackError, String(error));
        }
    }
    assert.ok(values > 0);
});
