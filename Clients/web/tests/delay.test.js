import assert from "node:assert/strict";
import { test } from "node:test";

import { DelayLine, STALL_SHARE } from "../delay.js";

/** A line, and a clock that only the test moves; timers fire when they are due. */
function makeLine(delay, random = Math.random) {
    const world = { time: 0, timers: [], arrived: [] };
    const line = new DelayLine(
        { latencyMilliseconds: 0, jitterMilliseconds: 0, stallMilliseconds: 0, ...delay }, {
            now: () => world.time,
            random,
            setTimeout(callback, milliseconds) {
                const timer = { at: world.time + milliseconds, callback };
                world.timers.push(timer);
                return timer;
            },
            clearTimeout(timer) { world.timers = world.timers.filter((each) => each !== timer); },
        });
    world.push = (name) => line.push(() => world.arrived.push([name, world.time]));
    world.run = (milliseconds) => {
        const end = world.time + milliseconds;
        for (;;) {
            world.timers.sort((left, right) => left.at - right.at);
            if (world.timers.length === 0 || world.timers[0].at > end) break;
            const timer = world.timers.shift();
            world.time = timer.at;
            timer.callback();
        }
        world.time = end;
    };
    return { world, line };
}

test("a line without delay delivers at once", () => {
    const { world } = makeLine({});
    world.push("a");
    assert.deepEqual(world.arrived, [["a", 0]]);
    assert.equal(world.timers.length, 0);
});

test("messages keep their order, whatever the jitter says", () => {
    const { world } = makeLine({ latencyMilliseconds: 100, jitterMilliseconds: 80 });
    for (let number = 0; number < 300; number += 1) {
        world.push(number);
        world.run(5);
    }
    world.run(1000);
    assert.deepEqual(world.arrived.map(([name]) => name), [...Array(300).keys()]);
    for (const [name, time] of world.arrived) {
        assert.ok(time >= name * 5 + 49 && time <= name * 5 + 131, `${name} at ${time}`);
    }
    assert.ok(new Set(world.arrived.map(([name, time]) => Math.round(time - name * 5))).size > 20);
});

test("a stall holds up what is behind it", () => {
    const draws = [0.5, 0.5, 0.5, STALL_SHARE / 2, 0.5, 0.5];
    const { world } = makeLine({ latencyMilliseconds: 20, stallMilliseconds: 200 },
        () => draws.shift() ?? 0.5);
    world.push("a");
    world.run(1);
    world.push("b");
    world.run(1);
    world.push("c");
    world.run(1000);
    assert.deepEqual(world.arrived, [["a", 10], ["b", 211], ["c", 211]]);
});

test("a line that is made fast again still delivers in order", () => {
    const { world, line } = makeLine({ latencyMilliseconds: 200 });
    world.push("a");
    line.delay.latencyMilliseconds = 0;
    world.push("b");
    assert.deepEqual(world.arrived, []);
    world.run(100);
    world.push("c");
    assert.deepEqual(world.arrived.map(([name]) => name), ["a", "b", "c"]);
});

test("a cleared line forgets", () => {
    const { world, line } = makeLine({ latencyMilliseconds: 200 });
    world.push("a");
    line.clear();
    world.run(1000);
    assert.deepEqual(world.arrived, []);
    assert.equal(world.timers.length, 0);
});
