import assert from "node:assert/strict";
import { test } from "node:test";

import {
    Playback, Sampler, interpolatedNumber, positionOf, shortestDifference,
} from "../interpolation.js";
import { inputNumbers } from "../input.js";
import { parseSchema } from "../schema.js";
import { SnapshotHistory } from "../snapshot.js";
import { seededRandom } from "./files.js";

const schema = parseSchema(
    [["steer", 1, 0, 255, 1, 1, "thrust left right brake", false, null],
        ["fire", 1, 0, 1, 1, 1, "fire", false, null], ["power", 0, 3, 9, 1, 1, "", false, null]],
    [["ship", 8, [
        ["velocity", 0, -50, 50, 1, 1, "", false, null], ["x", 3, 0, 999, 1, 1, "", true, 0],
        ["heading", 2, 0, 255, 1, 256, "turn", true, null],
        ["health", 0, 0, 5, 1, 1, "", false, null],
    ]]]);
const [, x, heading, health] = schema.kinds[0].fields;

test("the shorter way around agrees with trying all ways", () => {
    const random = seededRandom(1);
    for (let round = 0; round < 5000; round += 1) {
        const [a, b] = [random.below(1000), random.below(1000)];
        const best = Math.min(...[-1000, 0, 1000].map((turn) => Math.abs(b - a + turn)));
        assert.equal(Math.abs(shortestDifference(x, a, b)), best);
    }
});

test("coordinates and angles go the short way over the seam", () => {
    assert.equal(interpolatedNumber(x, 990, 10, 0.25), 995);
    assert.equal(interpolatedNumber(x, 990, 10, 0.75), 5);
    assert.equal(interpolatedNumber(heading, 250, 6, 0.5), 0);
    assert.equal(interpolatedNumber(heading, 6, 250, 0.75), 253);
});

test("a leap is no movement, and numbers do not glide", () => {
    assert.equal(interpolatedNumber(x, 100, 500, 0.5), 100);
    assert.equal(interpolatedNumber(x, 100, 500, 1), 500);
    assert.equal(interpolatedNumber(health, 5, 1, 0.9), 5);
    assert.equal(interpolatedNumber(health, 5, 1, 1), 1);
});

function makeHistory() {
    const history = new SnapshotHistory(schema);
    history.receive(10, 0, [[2, 10, 980, 0, 5, 5, 0, 40, 0, 5]]);
    history.receive(12, 0, [[2, 10, 0, 8, 5, 7, 4, 60, 0, 3]]);
    return history;
}

test("samples lie between the snapshots around them", () => {
    const sampler = new Sampler(makeHistory());
    const [first, second] = sampler.sample(0, 11);
    assert.deepEqual([first.id, ...first.numbers], [2, 10, 990, 4, 5]);
    assert.equal(second.id, 7, "gone by the next snapshot, but still there");
    assert.deepEqual(sampler.sample(0, 12).map((sample) => sample.id), [2, 9]);
});

test("samples beyond the newest snapshot go on for a while", () => {
    const sampler = new Sampler(makeHistory());
    assert.equal(sampler.sample(0, 14.5)[0].numbers[1], 25);
    assert.equal(sampler.sample(0, 14.5)[1].numbers[1], 70);
    assert.equal(sampler.sample(0, 500)[0].numbers[1], 80, "8 ticks at most");
});

test("samples before the first snapshot are those of the first", () => {
    assert.equal(new Sampler(makeHistory()).sample(0, 3)[0].numbers[1], 980);
});

test("positions of ids", () => {
    const ids = [2, 5, 9];
    assert.deepEqual([2, 5, 9, 1, 4, 10].map((id) => positionOf(ids, id)), [0, 1, 2, -1, -1, -1]);
    assert.equal(positionOf([], 1), -1);
});

test("playback never runs backwards, and keeps behind by what the jitter asks for", () => {
    const random = seededRandom(8);
    const playback = new Playback();
    let before = -Infinity;
    for (let picture = 0; picture < 3000; picture += 1) {
        const noise = random.next() * 0.5;
        playback.advance(1000 + picture + noise, 2, 1);
        assert.ok(playback.tick > before);
        if (picture > 0) {
            const pace = playback.tick - before;
            assert.ok(pace >= 0.899 && pace <= 1.101, `pace ${pace}`);
        }
        before = playback.tick;
    }
    assert.ok(Math.abs(playback.delayTicks - 3.75) < 0.01);
    assert.ok(Math.abs(3999.25 - playback.tick - 3.75) < 0.5);
});

test("playback jumps after a long pause", () => {
    const playback = new Playback();
    playback.advance(100, 0, 0);
    playback.advance(5000, 0, 1);
    assert.ok(playback.tick > 4900);
});

test("actions become the bits that the schema names", () => {
    const numbers = (...actions) => inputNumbers(new Set(actions), schema.inputFields);
    assert.deepEqual(numbers(), [0, 0, 3]);
    assert.deepEqual(numbers("thrust", "right", "fire"), [5, 1, 3]);
    assert.deepEqual(numbers("brake", "left", "unknown"), [10, 0, 3]);
});
