import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";

import { HyoshiError } from "../hyoshi.js";
import { openReplay, recordedGame } from "../replay.js";
import { recording, seededRandom } from "./files.js";

const modules = new URL("../../../.build/web/", import.meta.url);
const hasModules = existsSync(new URL("arena-replay.wasm", modules));
const options = { skip: hasModules ? false : "make web has not been run" };

/** @param {string} game */
const moduleOf = (game) => readFileSync(new URL(`${game}-replay.wasm`, modules));
const arena = hasModules ? new WebAssembly.Module(moduleOf("arena")) : null;

/** @param {Uint8Array} bytes @param {object} [more] */
const open = (bytes, more) => openReplay(bytes, arena, more);

/** @param {import("../replay.js").Replay} replay */
function compareAll(replay) {
    while (replay.compare(1000));
    return replay;
}

/** @param {import("../replay.js").Replay} replay @param {number} tick */
function go(replay, tick) {
    let view = null;
    while (view === null) view = replay.show(tick, 1000);
    return view;
}

/** What a view shows, for comparison with another. @param {import("../hyoshi.js").View} view */
const copy = (view) => view.kinds.map(({ ids, values }) => [[...ids], [...values]]);

test("a recording made natively is the same here, at every tick and every check", options, async () => {
    for (const name of ["arena-1", "arena-2"]) {
        const bytes = recording(name);
        assert.equal(recordedGame(bytes), "arena");
        const replay = compareAll(await openReplay(bytes, moduleOf));
        const { recording: what } = replay;
        assert.equal(what.ending, "complete");
        assert.equal(what.room, "lobby");
        assert.ok(what.checks > 0 && what.states > 0);
        assert.equal(replay.comparedTick, replay.lastTick);
        assert.equal(replay.firstDifferentTick, null);
        assert.equal(replay.damagedStateTick, null);
        assert.equal(replay.difference(), null);
    }
});

test("the hash of each tick is the native one", options, async () => {
    // Written by the native tests beside the recording: sixteen digits a line, from tick 1 on.
    const hashes = new TextDecoder().decode(recording("arena-2", "hashes")).trim().split("\n");
    const replay = await open(recording("arena-2"));
    assert.equal(hashes.length, replay.lastTick);
    for (let tick = 1; tick <= replay.lastTick; tick += 1) {
        go(replay, tick);
        assert.equal(replay.tick, tick);
        assert.equal(replay.hash().toString(16).padStart(16, "0"), hashes[tick - 1], `tick ${tick}`);
    }
});

test("a recording by other rules differs from their first tick on", options, async () => {
    const replay = compareAll(await open(recording("arena-changed")));
    assert.equal(replay.firstDifferentTick, 250);
    const found = replay.difference();
    assert.equal(found.tick, 250);
    assert.equal(found.checkTick, 300);
    assert.ok(found.columns.some(({ kind, field }) => kind === "ship" && field === "score"),
        JSON.stringify(found.columns));
    assert.ok(found.values.some(({ kind, field, recorded, replayed }) =>
        kind === "ship" && field === "score" && recorded > replayed), JSON.stringify(found.values));
    // It plays all the same, by these rules.
    go(replay, replay.lastTick);
    assert.equal(replay.tick, 400);
});

test("to and fro, a tick is always the same", options, async () => {
    const replay = await open(recording("arena-2"));
    const random = seededRandom(5);
    /** @type {Map<number, [bigint, any]>} */
    const seen = new Map();
    for (let tick = 0; tick <= replay.lastTick; tick += 1) {
        const view = go(replay, tick);
        seen.set(tick, [replay.hash(), copy(view)]);
    }
    for (let round = 0; round < 60; round += 1) {
        const tick = random.below(replay.lastTick + 1);
        const view = go(replay, tick);
        assert.deepEqual([replay.hash(), copy(view)], seen.get(tick), `tick ${tick}`);
        // One back, as with the arrow key.
        if (tick === 0) continue;
        go(replay, tick - 1);
        assert.equal(replay.hash(), seen.get(tick - 1)[0], `tick ${tick - 1}`);
    }
});

test("between two ticks things move evenly, the shorter way round", options, async () => {
    const replay = await open(recording("arena-2"));
    const [ships] = replay.recording.schema.kinds;
    const x = ships.positions.get("x");
    const { minimum, maximum, step } = ships.fields[x];
    const turn = (maximum - minimum + 1) * step;
    let moved = 0;
    for (let tick = 10; tick < 200; tick += 7) {
        const read = (/** @type {number} */ position) => {
            const { ids, values, fieldCount } = go(replay, position).kinds[0];
            return new Map([...ids].map((id, row) => [id, values[row * fieldCount + x]]));
        };
        const [from, middle, to] = [read(tick), read(tick + 0.5), read(tick + 1)];
        for (const [id, place] of middle) {
            if (!from.has(id) || !to.has(id)) continue;
            const way = (((to.get(id) - from.get(id)) % turn) + 1.5 * turn) % turn - turn / 2;
            const half = (((place - from.get(id)) % turn) + 1.5 * turn) % turn - turn / 2;
            assert.ok(Math.abs(half - way / 2) < 1e-6, `${id} at ${tick}: ${half} of ${way}`);
            if (way !== 0) moved += 1;
        }
    }
    assert.ok(moved > 20, `${moved} moved`);
});

test("what happens is told once, and nothing of a jump", options, async () => {
    const replay = await open(recording("arena-2"));
    const [ships] = replay.recording.schema.kinds;
    go(replay, 0);
    replay.changes();
    const counts = { appeared: 0, vanished: 0, changed: 0 };
    for (let tick = 1; tick <= replay.lastTick; tick += 1) {
        go(replay, tick);
        for (const change of replay.changes()) {
            counts[change.type] += 1;
            assert.equal(change.values.length,
                replay.recording.schema.kinds[change.kind].fields.length);
            if (change.type !== "changed") continue;
            assert.notEqual(change.from, change.to);
            assert.ok(!["x", "y", "heading", "velocityX"].includes(
                change.kind === 0 ? ships.fields[change.field].name : ""));
        }
    }
    assert.ok(counts.appeared > 5 && counts.vanished > 0 && counts.changed > 5,
        JSON.stringify(counts));
    const { count } = go(replay, replay.lastTick).kinds[0];
    assert.equal(count, replay.seats().size);
});

test("comings, goings and points are marks", options, async () => {
    const replay = await open(recording("arena-2"));
    const visits = replay.marks.length;
    const { joins, leaves } = replay.recording;
    assert.equal(visits, joins + leaves);
    assert.equal(replay.marks.filter(({ type }) => type === "joined").length, joins);
    compareAll(replay);
    const points = replay.marks.slice(visits);
    assert.ok(points.every(({ type, amount, tick, seat }) =>
        type === "scored" && amount !== 0 && tick > 0 && tick <= replay.lastTick && seat >= 0));
});

test("a flipped bit is noticed, wherever it is", options, async () => {
    const bytes = recording("arena-1");
    const whole = await open(bytes);
    const random = seededRandom(11);
    let refused = 0;
    let damaged = 0;
    for (let round = 0; round < 400; round += 1) {
        const flipped = bytes.slice();
        flipped[random.below(bytes.length)] ^= 1 << random.below(8);
        let replay;
        try {
            replay = await open(flipped);
        } catch (error) {
            assert.ok(error instanceof HyoshiError, String(error));
            refused += 1;
            continue;
        }
        assert.equal(replay.recording.ending, "damaged");
        assert.ok(replay.lastTick < whole.lastTick || replay.lastTick === whole.lastTick);
        compareAll(replay);
        assert.equal(replay.firstDifferentTick, null, "what was before is as it was");
        damaged += 1;
    }
    assert.ok(refused > 5 && damaged > 100, `${refused} refused, ${damaged} damaged`);
});

test("a torn recording plays up to the tear", options, async () => {
    // Of version 2, with short blocks; the others here are of version 1.
    const bytes = recording("arena-2");
    const whole = await open(bytes);
    let most = 0;
    for (let count = 200; count < bytes.length; count += 97) {
        const replay = await open(bytes.slice(0, count));
        assert.equal(replay.recording.ending, "torn");
        assert.ok(replay.lastTick >= most && replay.lastTick <= whole.lastTick);
        most = replay.lastTick;
        compareAll(replay);
        assert.equal(replay.firstDifferentTick, null);
    }
    assert.ok(most > 0);
});

test("what is no recording of this game is refused in words", options, async () => {
    const bytes = recording("arena-1");
    await assert.rejects(open(new Uint8Array(0)), /no recording of a room/);
    await assert.rejects(open(new Uint8Array(100000)), /no recording of a room/);
    await assert.rejects(open(new TextEncoder().encode("{}")), /no recording of a room/);
    await assert.rejects(open(recording("drifters-1")), /of the game "drifters", not of "arena"/);
    await assert.rejects(openReplay(bytes, moduleOf("tag")), /of the game "arena", not of "tag"/);
    const plays = readFileSync(new URL("arena.wasm", modules));
    await assert.rejects(openReplay(bytes, plays), /plays no recordings/);
    const later = bytes.slice();
    later[7] = 99;
    await assert.rejects(open(later), /of format 99, and this program reads formats up to 2/);
    const other = bytes.slice();
    other[13 + 1 + 8] ^= 1;
    await assert.rejects(open(other), HyoshiError);
    assert.equal(recordedGame(new Uint8Array([0x89, 0x48])), null);
    assert.equal(recordedGame(bytes.slice(0, 20)), null);
});

test("deflate that is none, too long, or somebody else's", options, async () => {
    const bytes = recording("arena-1");
    const nothing = await open(bytes, { inflate: async () => null });
    assert.equal(nothing.recording.ending, "damaged");
    assert.ok(nothing.lastTick < (await open(bytes)).lastTick);
    const own = async (/** @type {Uint8Array} */ stream) => new Uint8Array(inflateRawSync(stream));
    const replay = compareAll(await open(bytes, { inflate: own }));
    assert.equal(replay.recording.ending, "complete");
    assert.equal(replay.firstDifferentTick, null);
    const longer = await open(bytes, {
        inflate: async (stream, limit) => new Uint8Array(limit + 1),
    });
    assert.equal(longer.recording.ending, "damaged");
});

test("hostile octets behind a whole header take neither long nor much memory", options, async () => {
    const bytes = recording("arena-1");
    const random = seededRandom(3);
    for (let round = 0; round < 60; round += 1) {
        const start = 150 + random.below(bytes.length - 150);
        const hostile = bytes.slice();
        for (let at = start; at < hostile.length; at += 1) hostile[at] = random.below(256);
        const replay = await open(hostile);
        assert.notEqual(replay.recording.ending, "complete");
        go(replay, replay.lastTick);
        assert.equal(replay.core.failure, null);
        assert.ok(replay.core.memoryBytes < 16 * 1024 * 1024);
    }
});
