import assert from "node:assert/strict";
import { test } from "node:test";

import { ArenaView } from "../arena.js";
import { FLAG } from "../hyoshi.js";

const SHIP = ["x", "y", "velocityX", "velocityY", "heading", "engines", "health", "score",
    "untilTick", "owner"];
const SHOT = ["x", "y", "velocityX", "velocityY", "endTick", "owner"];
const ROCK = ["x", "y", "size"];

function kind(name, names) {
    const lengths = ["x", "y", "velocityX", "velocityY", "heading"];
    return {
        name, capacity: 9, positions: new Map(names.map((each, index) => [each, index])),
        fields: names.map((each) => ({
            name: each, minimum: 0, maximum: 1048575, step: 1,
            scale: lengths.includes(each) ? 256 : 1,
        })),
    };
}

const arena = () => new ArenaView({
    inputFields: [], kinds: [kind("ship", SHIP), kind("shot", SHOT), kind("rock", ROCK)],
});

/** Values of a ship of a seat. */
const ship = (seat, { health = 5, score = 0 } = {}) =>
    [256, 512, 0, 0, 64, 1, health, score, 0, seat];
const view = { kinds: [], predictedTick: 110, remoteTick: 100 };
const change = (kindIndex, type, values, field = 0, from = 0, to = 0) =>
    ({ kind: kindIndex, type, id: 1, field, from, to, values });
const HEALTH = SHIP.indexOf("health");
const SCORE = SHIP.indexOf("score");

test("a view's rows are read in their fields' units", () => {
    const own = FLAG.own | FLAG.predicted;
    const kinds = [
        { count: 1, ids: [7], values: ship(3), flags: [own], fieldCount: SHIP.length },
        { count: 0, ids: [], values: [], flags: [], fieldCount: SHOT.length },
        { count: 1, ids: [9], values: [2560, 0, 2], flags: [0], fieldCount: ROCK.length },
    ];
    const read = arena();
    const [only] = read.shipsIn({ ...view, kinds });
    assert.deepEqual([only.id, only.seat, only.x, only.y, only.heading, only.thrusts],
        [7, 3, 1, 2, 0.25, true]);
    assert.ok(only.isPredicted);
    assert.deepEqual(read.rocksIn({ ...view, kinds }), [{ id: 9, x: 10, y: 0, size: 2 }]);
    assert.deepEqual(read.shotsIn({ ...view, kinds }), []);
    assert.equal(read.worldSize, 4096);
});

test("each change is one happening", () => {
    const read = arena();
    const flying = [0, 0, 0, 0, 500, 2];
    const spent = [0, 0, 0, 0, 100, 2];
    const types = (...changes) => read.happenings(changes, view, 0).map(({ type }) => type);
    assert.deepEqual(types(change(1, "appeared", flying)), ["shotFired"]);
    assert.deepEqual(types(change(1, "vanished", flying)), ["shotGone"]);
    assert.deepEqual(types(change(1, "vanished", spent)), []);
    assert.deepEqual(types(change(0, "changed", ship(1), HEALTH, 5, 3)), ["hit"]);
    assert.deepEqual(types(change(0, "changed", ship(1), HEALTH, 1, 0)), ["shipDestroyed"]);
    assert.deepEqual(types(change(0, "changed", ship(1), HEALTH, 0, 5)), ["shipReturned"]);
    assert.deepEqual(types(change(0, "changed", ship(1), SCORE, 0, 3)), ["score"]);
    assert.deepEqual(types(change(0, "changed", ship(1), SCORE, 3, 0)), []);
    assert.deepEqual(types(change(2, "vanished", [0, 0, 1])), ["rockBroken"]);
    assert.deepEqual(types(change(2, "changed", [0, 0, 1], 2, 3, 2)), ["rockBroken"]);
    assert.deepEqual(types(change(0, "appeared", ship(1)), change(0, "vanished", ship(1))), []);
});

test("who destroyed whom comes out once, also when it is shown in pieces", () => {
    const read = arena();
    const died = (seat) => change(0, "changed", ship(seat, { health: 0 }), HEALTH, 1, 0);
    const won = (seat) => change(0, "changed", ship(seat, { score: 10 }), SCORE, 0, 10);
    read.happenings([died(1), won(2)], view, 0);
    assert.deepEqual(read.verdicts(0), [{ victim: 1, victor: 2 }]);
    // The victim first, the points later.
    read.happenings([died(1)], view, 1000);
    assert.deepEqual(read.verdicts(1000), []);
    read.happenings([won(2)], view, 1200);
    assert.deepEqual(read.verdicts(1200), [{ victim: 1, victor: 2 }]);
    // The points first: the victor's own are predicted.
    read.happenings([won(3)], view, 2000);
    read.happenings([died(1)], view, 2300);
    assert.deepEqual(read.verdicts(2300), [{ victim: 1, victor: 3 }]);
    // Nobody's points: a rock.
    read.happenings([died(1)], view, 3000);
    assert.deepEqual(read.verdicts(3100), []);
    assert.deepEqual(read.verdicts(3600), [{ victim: 1, victor: -1 }]);
    assert.deepEqual(read.verdicts(9000), []);
});
