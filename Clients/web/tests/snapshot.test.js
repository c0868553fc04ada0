import assert from "node:assert/strict";
import { test } from "node:test";

import { ProtocolError, applied, extrapolated, folded, parseSchema } from "../schema.js";
import { SnapshotHistory, decodeBody } from "../snapshot.js";
import { seededRandom } from "./files.js";

const number = (name, minimum, maximum, wraps = false, change = null, step = 1) =>
    [name, wraps ? 3 : 0, minimum, maximum, step, 1, "", wraps, change];

const schema = parseSchema([], [
    ["thing", 8, [
        number("velocity", -50, 50), number("x", 0, 999, true, 0), number("y", -300, 300, false, 0),
        number("turn", 0, 255, true), number("wide", -0x80000000, 0x7fffffff),
    ]],
    ["chain", 8, [
        // The change of a change: c is decoded first, then b, then a.
        number("a", 0, 4095, true, 1), number("b", -200, 200, false, 2), number("c", -9, 9),
        number("coarse", 0, 1000, false, 2, 10),
    ]],
]);

/** The rules once more, slowly: one tick after the other, one step at a time. */
const reference = {
    fold(field, value) {
        if (!field.wraps) return Math.max(field.minimum, Math.min(field.maximum, value));
        const turn = field.maximum - field.minimum + 1;
        while (value < field.minimum) value += turn;
        while (value > field.maximum) value -= turn;
        return value;
    },
    extrapolate(field, base, before, now, count) {
        let twice = 2 * base;
        for (let tick = 1; tick <= count; tick += 1) twice += 2 * before;
        for (let tick = 0; tick <= count; tick += 1) twice += now - before;
        return reference.fold(field, Math.floor(twice / 2));
    },
    difference(field, value, expected) {
        if (!field.wraps) return (value - expected) | 0;
        const turn = field.maximum - field.minimum + 1;
        const around = [value - expected - turn, value - expected, value - expected + turn];
        return around.reduce((best, each) =>
            Math.abs(each) < Math.abs(best) || (Math.abs(each) === Math.abs(best) && each < best)
                ? each : best);
    },
    expected(kind, before, now, position, ticks) {
        const field = kind.fields[position];
        if (!field.extrapolates) return before[position];
        return reference.extrapolate(
            field, before[position], before[field.changeField], now[field.changeField], ticks);
    },
};

/** A delta as a server would cut it. */
function encodeDelta(before, after, ticks) {
    const body = [];
    schema.kinds.forEach((kind, index) => {
        const removed = [];
        const changed = [];
        let last = 0;
        for (const id of before[index].keys()) {
            if (after[index].has(id)) continue;
            removed.push(id - last);
            last = id;
        }
        last = 0;
        for (const [id, row] of after[index]) {
            const old = before[index].get(id);
            const numbers = [];
            let mask = 0;
            if (old === undefined) {
                changed.push(id - last, -1, ...row);
                last = id;
                continue;
            }
            row.forEach((value, position) => {
                const expected = reference.expected(kind, old, row, position, ticks);
                const difference = reference.difference(kind.fields[position], value, expected);
                if (difference === 0) return;
                mask |= 1 << position;
                numbers.push(difference);
            });
            if (mask === 0) continue;
            changed.push(id - last, mask, ...numbers);
            last = id;
        }
        if (removed.length > 0 || changed.length > 0) body.push(index, removed, changed);
    });
    return body;
}

const encodeFull = (world) => world.map((rows) => {
    let last = 0;
    return [...rows].flatMap(([id, row]) => {
        const gap = id - last;
        last = id;
        return [gap, ...row];
    });
});

const asRows = (world) => world.map((rows) => ({
    ids: [...rows.keys()], numbers: [...rows.values()].flat(),
}));

function randomRow(random, kind) {
    return kind.fields.map((field) => {
        const edge = random.below(8);
        if (edge === 0) return field.minimum;
        if (edge === 1) return field.maximum;
        return random.between(field.minimum, field.maximum);
    });
}

/** Another world some ticks later: moved as expected, disturbed, removed, added. */
function nextWorld(random, world, ticks) {
    return schema.kinds.map((kind, index) => {
        const rows = new Map();
        for (const [id, row] of world[index]) {
            const fate = random.below(10);
            if (fate === 0) continue;
            if (fate === 1) {
                rows.set(id, randomRow(random, kind));
                continue;
            }
            const now = [...row];
            for (const position of kind.order) {
                const field = kind.fields[position];
                if (field.extrapolates) {
                    now[position] = reference.expected(kind, row, now, position, ticks);
                }
                if (random.below(4) === 0) {
                    now[position] = reference.fold(field, now[position] + random.between(-3, 3));
                }
            }
            rows.set(id, now);
        }
        let id = Math.max(0, ...rows.keys(), ...world[index].keys());
        while (rows.size < kind.capacity && random.below(2) === 0) {
            id += random.between(1, 300);
            rows.set(id, randomRow(random, kind));
        }
        return rows;
    });
}

test("deltas restore 4,000 random worlds", () => {
    const random = seededRandom(60);
    const history = new SnapshotHistory(schema);
    let tick = 1;
    let world = nextWorld(random, schema.kinds.map(() => new Map()), 1);
    history.receive(tick, 0, encodeFull(world));
    const worlds = new Map([[tick, world]]);
    for (let round = 0; round < 4000; round += 1) {
        const known = [...worlds.keys()].filter((each) => tick + 1 - each <= 255);
        const baseline = known[Math.max(0, known.length - 1 - random.below(40))];
        tick = Math.max(tick + 1, baseline + random.below(3));
        const ticks = tick - baseline;
        world = nextWorld(random, worlds.get(baseline), ticks);
        const delta = encodeDelta(worlds.get(baseline), world, ticks);
        const decoded = history.receive(tick, ticks, delta);
        assert.deepEqual(decoded.rows, asRows(world), `tick ${tick}, baseline ${baseline}`);
        worlds.set(tick, world);
        if (worlds.size > 64) worlds.delete(worlds.keys().next().value);
    }
});

test("an entity that moves as expected is not named, whatever the distance", () => {
    const rows = [new Map([[5, [7, 990, 299, 3, 0]]]), new Map()];
    const full = decodeBody(schema, 10, null, encodeFull(rows));
    for (const ticks of [1, 2, 100, 255]) {
        const later = decodeBody(schema, 10 + ticks, full, []);
        assert.deepEqual(later.rows[0].numbers, [7, (990 + 7 * ticks) % 1000, 300, 3, 0]);
    }
});

test("wrap, clamp and extrapolation agree with the slow reference", () => {
    const random = seededRandom(99);
    const fields = schema.kinds.flatMap((kind) => kind.fields);
    for (let round = 0; round < 20000; round += 1) {
        const field = fields[random.below(fields.length)];
        if (field.name === "wide") continue;
        const value = random.between(-5000, 5000);
        assert.equal(folded(field, value), reference.fold(field, value));
        const [before, now] = [random.between(-60, 60), random.between(-60, 60)];
        const base = random.between(field.minimum, field.maximum);
        const count = random.between(1, 255);
        assert.equal(
            extrapolated(field, base, before, now, count),
            reference.extrapolate(field, base, before, now, count));
        const target = random.between(field.minimum, field.maximum);
        assert.equal(applied(field, base, reference.difference(field, target, base)), target);
    }
});

test("differences of the widest field come around modulo 2^32", () => {
    const wide = schema.kinds[0].fields[4];
    assert.equal(applied(wide, 0x7fffffff, reference.difference(wide, -0x80000000, 0x7fffffff)),
        -0x80000000);
});

test("refuses bodies that contradict themselves", () => {
    const full = decodeBody(schema, 1, null, [[3, 0, 0, 0, 0, 0], []]);
    const wrong = [
        [0], [0, [], [], 0, [], []], [9, [], []], [0, [4], []], [0, [], [4, 1, 1]],
        [0, [], [3, 32, 1]],
        [0, [], [3, -1, 0, 0, 0, 0, 0]], [0, [], [3, 1]], [0, [], [3, 1, 51]], [0, [3], [3, 1, 1]],
        [0, [], [0, 1, 1]], [0, [], [5, -1, 0, 1000, 0, 0, 0]], [0, [0], []], [0, [], [3, -2]],
    ];
    for (const body of wrong) {
        assert.throws(() => decodeBody(schema, 2, full, body), ProtocolError, JSON.stringify(body));
    }
    const tooMany = Array.from({ length: 9 }, () => [1, 0, 0, 0, 0, 0]).flat();
    assert.throws(() => decodeBody(schema, 2, null, [tooMany, []]), ProtocolError);
});

test("history keeps what may be a baseline and drops what cannot", () => {
    const history = new SnapshotHistory(schema);
    assert.ok(history.receive(10, 0, [[], []]));
    assert.equal(history.receive(10, 0, [[], []]), null, "an old tick is not taken again");
    assert.throws(() => history.receive(12, 1, []), ProtocolError, "tick 11 is not there");
    assert.ok(history.receive(265, 255, []));
    assert.ok(history.at(10));
    assert.ok(history.receive(266, 1, []));
    assert.equal(history.at(10), null);
    assert.throws(() => history.receive(267, 257 - 2, []), ProtocolError);
});

test("refuses schemas that cannot be", () => {
    const wrong = [
        [["k", 1, [number("a", 0, 1, false, 1), number("b", 0, 1, false, 0)]]],
        [["k", 1, [number("a", 0, 1, false, 5)]]],
        [["k", 1, [number("a", 2, 1)]]],
        [["k", 70000, []]],
        [["k", 1, Array.from({ length: 32 }, () => number("a", 0, 1))]],
    ];
    for (const kinds of wrong) assert.throws(() => parseSchema([], kinds), ProtocolError);
});
