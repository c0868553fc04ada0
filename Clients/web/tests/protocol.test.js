import assert from "node:assert/strict";
import { test } from "node:test";

import { encode } from "../messagepack.js";
import {
    NAME_BYTES_MAXIMUM, NAME_CHARACTERS_MAXIMUM, ProtocolError, boundedName, encodeAcknowledge,
    encodeHello, encodeInput, encodeLeave, encodePing, isNewer, parseMessage,
} from "../protocol.js";
import { SnapshotHistory } from "../snapshot.js";
import { golden, seededRandom } from "./files.js";

const token = Uint8Array.from({ length: 16 }, (_, index) => index * 0x11);

test("writes the golden messages of a client", () => {
    assert.deepEqual(encodeHello("Zoë", false, token), golden("hello-resume"));
    assert.deepEqual(encodeInput(300, 105, 100, [5, 1, 5, 0, 1, 0]), golden("input-tail"));
    assert.deepEqual(encodeAcknowledge(103, 1), golden("acknowledge"));
    assert.deepEqual(encodePing(123456789), golden("ping"));
    assert.deepEqual(encodeLeave(), golden("leave"));
});

test("reads the golden messages of a server", () => {
    const welcome = parseMessage(golden("welcome"));
    assert.equal(welcome.type, "welcome");
    assert.deepEqual([welcome.room, welcome.game, welcome.seat, welcome.tickRate, welcome.tick],
        ["lobby", "ring", 2, 60, 99]);
    assert.deepEqual(welcome.token, token);
    assert.deepEqual(welcome.schema.inputFields.map((field) => field.name), ["steer", "fire"]);
    const [ship, shot] = welcome.schema.kinds;
    assert.deepEqual([ship.name, shot.name], ["ship", "shot"]);
    assert.deepEqual(ship.fields.map((field) => field.changeField), [-1, -1, 1, -1]);
    assert.ok(ship.fields[2].extrapolates && ship.fields[2].wraps);
    assert.deepEqual(parseMessage(golden("roster")), {
        type: "roster",
        entries: [{ seat: 0, name: "Ada", isHeld: false }, { seat: 2, name: "Zoë", isHeld: true }],
    });
    assert.deepEqual(parseMessage(golden("event")),
        { type: "event", id: 1, from: 2, scope: 0, payload: "hello" });
    assert.deepEqual(parseMessage(golden("events-taken")), { type: "acknowledge", eventID: 1 });
    assert.deepEqual(parseMessage(golden("pong")),
        { type: "pong", stamp: 123456789, tick: 103, phase: 4200 });
});

test("reads the golden snapshots, a full one and the delta upon it", () => {
    const { schema } = parseMessage(golden("welcome"));
    const history = new SnapshotHistory(schema);
    const full = parseMessage(golden("snapshot-full"));
    assert.deepEqual([full.sequence, full.margin, full.tick, full.baseline], [null, null, 100, 0]);
    const first = history.receive(full.tick, full.baseline, full.body);
    assert.deepEqual(first.rows, [
        { ids: [1, 4], numbers: [10, 5, 990, 0, 200, 0, 300, 12] },
        { ids: [6, 7], numbers: [-20, 40, 20, 400] },
    ]);
    const delta = parseMessage(golden("snapshot-delta"));
    assert.deepEqual([delta.sequence, delta.margin, delta.tick, delta.baseline], [300, 2, 103, 3]);
    const second = history.receive(delta.tick, delta.baseline, delta.body);
    // x of ship 1: 990 + 3·5 + floor((8 − 5)·4/2) = 1011, around to 11, and 1 beyond.
    assert.deepEqual(second.rows, [
        { ids: [1, 4, 5], numbers: [250, 8, 12, 0, 200, 0, 300, 12, 0, 0, 500, 0] },
        { ids: [7], numbers: [20, 460] },
    ]);
});

test("ignores elements and types that it does not know", () => {
    const longer = encode([5, 9, "later", [1]]);
    assert.deepEqual(parseMessage(longer), { type: "acknowledge", eventID: 9 });
    assert.equal(parseMessage(encode([200, 1])), null);
});

test("refuses messages that are none", () => {
    const wrong = [
        7, [], ["1"], [1], [1, 0, 0, 5, 256, []], [1, 0, 0, -1, 0, []], [3, [[0]]],
        [4, 0, null, 0, ""],
        [2, 1, "room", "game", 0, 64, 0, 1, null, [], []], [6, 1, 1],
        [2, 1, "room", "game", 0, 64, 60, 1, null, [], [["a", 1, [["x", 0, 5, 4, 1, 1, "", 0]]]]],
    ];
    for (const value of wrong) {
        assert.throws(() => parseMessage(encode(value)), ProtocolError, JSON.stringify(value));
    }
});

test("serial numbers are compared as RFC 1982 says", () => {
    assert.ok(isNewer(1, 0) && isNewer(0, 65535) && isNewer(5, 65530) && isNewer(32767, 0));
    assert.ok(!isNewer(0, 0) && !isNewer(0, 1) && !isNewer(65535, 0));
    assert.ok(!isNewer(0, 32768) && !isNewer(32768, 0));
    const random = seededRandom(3);
    for (let round = 0; round < 5000; round += 1) {
        const base = random.below(65536);
        const ahead = random.between(1, 32767);
        assert.ok(isNewer((base + ahead) & 0xffff, base));
        assert.ok(!isNewer(base, (base + ahead) & 0xffff));
    }
});

test("names are bounded as the server wants them", () => {
    assert.equal(boundedName("  Ada \t\n Lovelace "), "Ada Lovelace");
    assert.equal(boundedName("a\u202eb\u200bc\u0000d\ufeff"), "abcd");
    assert.equal([...boundedName("🚀".repeat(40))].length, NAME_CHARACTERS_MAXIMUM);
    const bytes = new TextEncoder().encode(boundedName("🚀".repeat(40)));
    assert.ok(bytes.length <= NAME_BYTES_MAXIMUM);
    assert.equal(boundedName("\ud800x"), "x");
    assert.equal(boundedName(""), "");
});
