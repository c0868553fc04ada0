import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, encode } from "../messagepack.js";
import { ProtocolError } from "../schema.js";
import { Session } from "../session.js";

const PERIOD = 1000 / 60;
const inputFields = [["steer", 1, 0, 255, 1, 1, "thrust left", false, null]];
const kinds = [["ship", 4, [["x", 3, 0, 999, 1, 1, "", true, null]]]];
const welcome = (seat, tick) =>
    encode([2, 1, "lobby", "arena", seat, 64, 60, tick, null, inputFields, kinds]);
const full = (tick, sequence = null, margin = null) =>
    encode([1, sequence, margin, tick, 0, [[1, tick % 1000]]]);

function makeSession() {
    const seen = { welcomes: 0, snapshots: 0, events: [] };
    const session = new Session({
        welcome: () => { seen.welcomes += 1; },
        snapshot: () => { seen.snapshots += 1; },
        event: (event) => seen.events.push(event.id),
    });
    return { session, seen };
}

const ofType = (messages, type) => messages.map(decode).filter((message) => message[0] === type);

test("inputs are addressed to ticks without a gap and repeat the tail", () => {
    const { session } = makeSession();
    session.receive(welcome(3, 100), 0);
    let value = 0;
    const byTick = new Map();
    const sequences = [];
    for (let tick = 101; tick < 200; tick += 1) {
        session.receive(full(tick), tick * PERIOD);
        // Two display refreshes per tick, as at 120 Hz.
        for (const now of [tick * PERIOD, (tick + 0.5) * PERIOD]) {
            for (const input of ofType(session.outgoing(now, () => [(value += 1) % 200]), 2)) {
                const [, sequence, newest, acknowledged, values] = input;
                sequences.push(sequence);
                assert.equal(acknowledged, tick);
                assert.ok(newest > tick && values.length >= 1 && values.length <= 8);
                values.forEach((each, back) => {
                    const known = byTick.get(newest - back);
                    assert.ok(known === undefined || known === each, "a command never changes");
                    byTick.set(newest - back, each);
                });
            }
        }
    }
    assert.deepEqual(sequences, sequences.map((_, index) => sequences[0] + index));
    const ticks = [...byTick.keys()].sort((a, b) => a - b);
    assert.deepEqual(ticks, ticks.map((_, index) => ticks[0] + index), "no tick is left out");
});

test("at a display of 20 Hz every tick still has its command", () => {
    const { session } = makeSession();
    session.receive(welcome(0, 100), 0);
    const ticks = new Set();
    for (let tick = 101; tick < 200; tick += 1) {
        session.receive(full(tick), tick * PERIOD);
        if (tick % 3 !== 0) continue;
        const inputs = ofType(session.outgoing(tick * PERIOD, () => [1]), 2);
        for (const [, , newest, , values] of inputs) {
            for (let back = 0; back < values.length; back += 1) ticks.add(newest - back);
        }
    }
    const sorted = [...ticks].sort((a, b) => a - b);
    assert.equal(sorted.at(-1) - sorted[0] + 1, sorted.length);
});

test("after a long pause the past is not made up", () => {
    const { session } = makeSession();
    session.receive(welcome(0, 100), 0);
    session.receive(full(101), 101 * PERIOD);
    session.outgoing(101 * PERIOD, () => [1]);
    for (let tick = 102; tick < 400; tick += 1) session.receive(full(tick), tick * PERIOD);
    const [[, , , , values]] = ofType(session.outgoing(400 * PERIOD, () => [1]), 2);
    assert.equal(values.length, 1);
});

test("spectators send no inputs, but acknowledge", () => {
    const { session } = makeSession();
    session.receive(welcome(null, 100), 0);
    let acknowledged = 0;
    for (let tick = 101; tick < 161; tick += 1) {
        session.receive(full(tick), tick * PERIOD);
        const messages = session.outgoing(tick * PERIOD, () => [1]);
        assert.equal(ofType(messages, 2).length, 0);
        for (const [, newest] of ofType(messages, 3)) {
            assert.equal(newest, tick);
            acknowledged += 1;
        }
    }
    assert.ok(acknowledged >= 9 && acknowledged <= 11, String(acknowledged));
});

test("a hidden page goes on acknowledging", () => {
    const { session } = makeSession();
    session.receive(welcome(0, 100), 0);
    let newest = 0;
    for (let tick = 101; tick < 160; tick += 1) {
        session.receive(full(tick), tick * PERIOD);
        for (const message of ofType(session.outgoing(tick * PERIOD, null), 3)) newest = message[1];
    }
    assert.ok(newest >= 153);
});

test("commands that came too early do not raise the lead", () => {
    const { session } = makeSession();
    session.receive(welcome(0, 100), 0);
    session.receive(full(101), 101 * PERIOD);
    let sequence = null;
    for (let tick = 101; tick < 400; tick += 1) {
        // The server took none of them, so its own margin sinks without end.
        session.receive(full(tick + 1, sequence, Math.max(-32, 100 - tick)), (tick + 1) * PERIOD);
        const inputs = ofType(session.outgoing((tick + 1) * PERIOD, () => [0]), 2);
        if (inputs.length > 0) sequence = inputs[0][1];
    }
    assert.ok(session.lead.ticks <= 6, String(session.lead.ticks));
});

test("a resumed seat goes on with higher sequence numbers than the server has heard", () => {
    const { session } = makeSession();
    session.receive(welcome(0, 100), 0);
    session.receive(full(101, 500, 1), 101 * PERIOD);
    const [[, sequence]] = ofType(session.outgoing(101 * PERIOD, () => [0]), 2);
    assert.equal(sequence, 501);
});

test("events count once, are acknowledged, and count anew in another seat", () => {
    const { session, seen } = makeSession();
    session.receive(welcome(0, 100), 0);
    session.receive(encode([4, 1, null, 0, "one"]), 1);
    session.receive(encode([4, 2, 5, 1, new Uint8Array([1])]), 1);
    const [[, , eventID]] = ofType(session.outgoing(2, null), 3);
    assert.equal(eventID, 2);
    assert.equal(ofType(session.outgoing(3, null), 3).length, 0);
    session.receive(welcome(0, 200), 4);
    session.receive(encode([4, 2, 5, 1, "again"]), 5);
    session.receive(encode([4, 3, 5, 1, "new"]), 5);
    assert.deepEqual(seen.events, [1, 2, 3]);
    assert.equal(session.counts.resumed, 1);
    session.receive(welcome(1, 300), 6);
    session.receive(encode([4, 1, 5, 0, "other"]), 7);
    assert.deepEqual(seen.events, [1, 2, 3, 1]);
});

test("pings come back as a round trip and set the lead", () => {
    const { session } = makeSession();
    session.receive(welcome(0, 100), 0);
    const [[, stamp]] = ofType(session.outgoing(1000, null), 5);
    session.receive(encode([6, stamp, 150, 0]), 1100);
    assert.ok(Math.abs(session.lead.roundTripMilliseconds - 100) < 0.01);
    assert.equal(session.lead.ticks, 9);
});

test("a snapshot before the welcome, or upon an unknown baseline, is an error", () => {
    const { session } = makeSession();
    assert.throws(() => session.receive(full(5), 0), ProtocolError);
    session.receive(welcome(0, 100), 0);
    assert.throws(() => session.receive(encode([1, null, null, 105, 4, []]), 0), ProtocolError);
});
