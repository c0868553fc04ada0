import assert from "node:assert/strict";
import { test } from "node:test";

import { Snapshots, WireError, decode, encode, parseKind } from "../wire.js";
import { golden } from "./files.js";

const kinds = () => decode(golden("welcome"))[10].map(parseKind);

/** The room of docs/protocol.md at tick 100. */
function room() {
    const snapshots = new Snapshots(kinds());
    snapshots.take(decode(golden("snapshot-full")));
    return snapshots;
}

test("the welcome of docs/protocol.md names its fields", () => {
    const [ship, shot] = kinds();
    assert.deepEqual([ship.name, shot.name], ["ship", "shot"]);
    assert.deepEqual(ship.fields.map((field) => field.name), ["heading", "velocity", "x", "score"]);
    assert.equal(ship.fields[2].changeField, 1);
    assert.ok(ship.order.indexOf(1) < ship.order.indexOf(2));
});

test("the full snapshot, the delta and the hash's snapshot decode as the document says", () => {
    const snapshots = room();
    assert.deepEqual([...snapshots.newest[0]], [[1, [10, 5, 990, 0]], [4, [200, 0, 300, 12]]]);
    snapshots.take(decode(golden("snapshot-delta")));
    assert.equal(snapshots.tick, 103);
    assert.deepEqual([...snapshots.newest[0]],
        [[1, [250, 8, 12, 0]], [4, [200, 0, 300, 12]], [5, [0, 0, 500, 0]]]);
    assert.deepEqual([...snapshots.newest[1]], [[7, [20, 460]]]);
    snapshots.take(decode(golden("snapshot-hash")));
    assert.equal(snapshots.tick, 104);
    assert.deepEqual(snapshots.newest[0].get(1), [250, 8, 20, 0]);
    assert.deepEqual(snapshots.newest[1].get(7), [20, 480]);
});

test("a delta's tick is the next one with its low 16 bits", () => {
    const snapshots = new Snapshots(kinds());
    snapshots.take([1, null, null, 0x2fffe, 0, [[], []]]);
    snapshots.take([1, null, null, 0x0001, 3, []]);
    assert.equal(snapshots.tick, 0x30001);
});

test("what cannot be decoded is an error and not a state", () => {
    const faults = [
        [1, null, null, 103, 7, []], [1, null, null, 103, 3, [0, [2], []]],
        [1, null, null, 103, 3, [0, [], [3, 1, 5]]],
    ];
    for (const fault of faults) assert.throws(() => room().take(fault), WireError);
});

test("values come back as they went", () => {
    const values = [1, -1, -32, -33, 127, 128, 65535, 0x7fffffff, -0x80000000, 0xffffffff];
    assert.deepEqual(decode(encode([values, "Zoë", null, [[]]])), [values, "Zoë", null, [[]]]);
    assert.throws(() => encode([{}]), WireError);
});

test("bytes that are no message are refused", () => {
    const deep = new Uint8Array(64).fill(0x91);
    const faults = [[], [0x92, 1], [1, 1], [0xdd, 255, 255, 255, 255], [0xc1], [0xd9, 5, 65], deep];
    for (const bytes of faults) {
        assert.throws(() => decode(new Uint8Array(bytes)), WireError);
    }
});
