import assert from "node:assert/strict";
import { test } from "node:test";

import { ArrivalSeries, roomBeat, shortDuration } from "../beat.js";
import { InputLead, TickClock, quantile } from "../clock.js";
import { seededRandom } from "./files.js";

const PERIOD = 1000 / 60;

test("the clock finds the quick edge of late arrivals", () => {
    const random = seededRandom(5);
    const clock = new TickClock(60);
    for (let tick = 1000; tick < 1600; tick += 1) {
        clock.arrived(tick, tick * PERIOD + 40 + random.next() ** 3 * 30);
    }
    const error = clock.tickAt(1600 * PERIOD + 40) - 1600;
    assert.ok(Math.abs(error) < 0.1, `off by ${error} ticks`);
    assert.ok(clock.jitterMilliseconds > 15 && clock.jitterMilliseconds < 31);
});

test("the clock follows a drifting server", () => {
    const clock = new TickClock(60);
    // 200 ppm: a bad quartz. The window makes the clock trail a little, never more than that.
    for (let tick = 0; tick < 6000; tick += 1) clock.arrived(tick, tick * PERIOD * 1.0002);
    const error = clock.tickAt(5999 * PERIOD * 1.0002) - 5999;
    assert.ok(Math.abs(error) < 0.1, `off by ${error} ticks`);
});

test("the clock begins anew when the ticks do", () => {
    const clock = new TickClock(60);
    for (let tick = 0; tick < 300; tick += 1) clock.arrived(tick, tick * PERIOD);
    clock.arrived(90000, 300 * PERIOD);
    assert.ok(Math.abs(clock.tickAt(300 * PERIOD) - 90000) < 0.01);
});

test("the clock follows at once when the server drops ticks", () => {
    const clock = new TickClock(60);
    for (let tick = 0; tick < 300; tick += 1) clock.arrived(tick, tick * PERIOD);
    for (let tick = 300; tick < 317; tick += 1) clock.arrived(tick, (tick + 34) * PERIOD);
    const error = clock.tickAt(350 * PERIOD) - 316;
    assert.ok(Math.abs(error) < 0.1, `off by ${error} ticks`);
    assert.equal(clock.shifts, 1);
});

test("one late arrival does not move the clock", () => {
    const clock = new TickClock(60);
    for (let tick = 0; tick < 200; tick += 1) clock.arrived(tick, tick * PERIOD);
    clock.arrived(200, 200 * PERIOD + 200);
    clock.arrived(201, 201 * PERIOD);
    assert.ok(Math.abs(clock.tickAt(201 * PERIOD) - 201) < 0.05);
});

/** A server at a distance: what margin it sees, and when the client learns of it. */
function settle(lead, distanceTicks, ticks) {
    const margins = [];
    const onTheWay = [];
    for (let tick = 100; tick < 100 + ticks; tick += 1) {
        onTheWay.push(lead.ticks);
        // A command sent with today's lead shows up in the margin one round trip later.
        const past = onTheWay[onTheWay.length - 1 - distanceTicks] ?? 0;
        const margin = Math.floor(past) - distanceTicks;
        margins.push(margin);
        lead.observed(margin, tick);
    }
    return margins;
}

test("the lead settles at the wanted margin from below and from above", () => {
    for (const [distance, start] of [[3, 0], [12, 4], [2, 60], [0, 4]]) {
        const lead = new InputLead(60);
        lead.roundTripMilliseconds = distance * PERIOD;
        lead.ticks = start;
        const margins = settle(lead, distance, 1200).slice(-120);
        assert.ok(Math.min(...margins) >= 1, `${distance}: least ${Math.min(...margins)}`);
        assert.ok(Math.max(...margins) <= 4, `${distance}: most ${Math.max(...margins)}`);
    }
});

test("the lead has a bound, whatever the margins say", () => {
    const lead = new InputLead(60);
    lead.measured(50);
    for (let tick = 0; tick < 5000; tick += 1) lead.observed(-32, tick);
    assert.ok(lead.ticks <= 3 + 20, String(lead.ticks));
});

test("the first round trip sets the lead at once", () => {
    const lead = new InputLead(60);
    lead.measured(150);
    assert.equal(lead.ticks, 12);
    lead.measured(1e6);
    assert.equal(lead.ticks, 12);
});

test("quantiles", () => {
    const sorted = Float64Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(quantile(sorted, 0), 1);
    assert.equal(quantile(sorted, 0.5), 51);
    assert.equal(quantile(sorted, 0.99), 100);
    assert.equal(quantile(sorted, 1), 100);
    assert.equal(quantile([], 0.5), 0);
});

test("the series measures gaps, not interruptions", () => {
    const series = new ArrivalSeries();
    assert.deepEqual(series.summary(), { p50: 0, p99: 0, max: 0 });
    let now = 0;
    for (let index = 0; index < 2000; index += 1) series.arrived((now += 16));
    series.interrupt();
    series.arrived((now += 9000));
    series.arrived((now += 48));
    const { p50, p99, max } = series.summary();
    assert.deepEqual([p50, p99, max], [16, 16, 48]);
    assert.equal(series.gap(0), 48);
    assert.ok(Number.isNaN(series.gap(600)));
});

test("the server's beat is read when it is there and well-formed", () => {
    const lateness = { p50: 1000, p99: 2000, p999: 3000, max: 4000 };
    const room = { room: "lobby", ticks: 5, droppedTicks: 1, lateness, work: lateness };
    assert.deepEqual(roomBeat({ tickRate: 60, rooms: [room] }, "lobby").lateness, lateness);
    const others = [null, 5, {}, { rooms: [] }, { rooms: [null] }, { rooms: [{ room: "lobby" }] }];
    for (const other of others) {
        assert.equal(roomBeat(other, "lobby"), null);
    }
});

test("durations are short", () => {
    assert.equal(shortDuration(640), "640 ns");
    assert.equal(shortDuration(5900), "5.9 µs");
    assert.equal(shortDuration(59000), "59 µs");
    assert.equal(shortDuration(1.26e6), "1.3 ms");
    assert.equal(shortDuration(NaN), "–");
});
