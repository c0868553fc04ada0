import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { HyoshiError, boundedName, loadCore, readChanges } from "../hyoshi.js";
import { golden, seededRandom } from "./files.js";

const modules = new URL("../../../.build/web/", import.meta.url);
const hasModules = existsSync(new URL("arena.wasm", modules));
const options = { skip: hasModules ? false : "make web has not been run" };

/** @param {string} name */
const load = (name) => loadCore(readFileSync(new URL(`${name}.wasm`, modules)));

/** The first element after the type of the array that a message is. */
const typeOf = (message) => message[1];

test("a module says which game it holds", options, async () => {
    assert.equal((await load("arena")).game, "arena");
    assert.equal((await load("tag")).game, "tag");
    const generic = await load("generic");
    assert.equal(generic.game, null);
    assert.throws(() => generic.makeWorld(1n), HyoshiError);
});

test("what is no module is refused in words", options, async () => {
    await assert.rejects(loadCore(new Uint8Array([1, 2, 3])), /cannot be loaded/);
    const other = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    await assert.rejects(loadCore(other), /not of this version/);
});

test("a change has the values that its thing had, however many its kind has now", () => {
    // Two changes: a thing of three fields vanishes with its world, one of two appears.
    const memory = new ArrayBuffer(256);
    const words = new Int32Array(memory);
    words.set([2, 128, 1, 0, 7, 0, 0, 0, 0, 9, 0, 5, 9]);
    new Float64Array(memory, 128).set([0, 0, 1.5, 2.5, 3.5, 0, 0, 4, 5, 99, 99]);
    const core = {
        words: (/** @type {number} */ start) => new Int32Array(memory, start),
        doubles: (/** @type {number} */ start, /** @type {number} */ count) =>
            new Float64Array(memory, start, count),
    };
    assert.deepEqual(readChanges(/** @type {any} */ (core), 0), [], "no table, no changes");
    // An address of 0 stands for none, so the table is taken to be at 8.
    const moved = { ...core, words: (/** @type {number} */ start) => core.words(start - 8) };
    const changes = readChanges(/** @type {any} */ (moved), 8);
    assert.deepEqual(changes.map(({ id, values }) => [id, values]), [
        [7, [1.5, 2.5, 3.5]], [9, [4, 5]],
    ]);
});

test("the golden messages of a server come to what they say", options, async () => {
    const core = await load("generic");
    const room = core.makeRoom({ name: " Ada\u202e " });
    assert.equal(room.view(0), null);
    room.opened(1000);
    const [hello, ...others] = room.takeOutgoing(1000);
    assert.deepEqual([...hello], [0x93, 1, 1, 0xa3, 0x41, 0x64, 0x61]);
    assert.equal(others.length, 0);
    assert.throws(() => room.receive(golden("snapshot-full"), 1005), /before the welcome/);
    assert.equal(room.receive(golden("welcome"), 1010), "welcomed");
    assert.equal(room.welcome.room, "lobby");
    assert.equal(room.seat, room.welcome.seat);
    assert.equal(room.schema.kinds[0].positions.get("heading"), 0);
    assert.equal(room.schema.kinds[0].fields[0].use, "angle");
    assert.equal(room.receive(golden("roster"), 1015), "roster");
    assert.ok(room.roster.every(({ seat, name, state }) =>
        seat >= 0 && typeof name === "string" && ["present", "held"].includes(state)));
    assert.equal(room.command([0], 1015), false, "no command before the first snapshot");
    assert.equal(room.receive(golden("snapshot-full"), 1020), "snapshot");
    const ghosts = room.ghosts();
    assert.equal(ghosts.kinds.length, room.schema.kinds.length);
    ghosts.kinds.forEach((kind, position) => {
        assert.equal(kind.fieldCount, room.schema.kinds[position].fields.length);
        assert.equal(kind.values.length, kind.count * kind.fieldCount);
        assert.equal(kind.ids.length, kind.count);
        assert.equal(kind.flags.length, kind.count);
    });
    assert.ok(ghosts.kinds[0].count > 0);
    assert.equal(room.receive(golden("event"), 1030), "event");
    assert.equal(room.receive(golden("event"), 1031), "repeated");
    assert.equal(room.takeEvents().length, 1);
    assert.equal(room.takeEvents().length, 0);
    const neutral = room.schema.inputFields.map(() => 0);
    assert.equal(room.command(neutral, 1032), true);
    assert.equal(room.command(neutral, 1032), false);
    const types = room.takeOutgoing(1032).map(typeOf);
    assert.ok(types.includes(2) && types.includes(5), `an input and a ping: ${types}`);
    assert.ok(room.statistics(1032).newestCommandTick > 0);
    assert.equal(room.sendEvent("x".repeat(513)), false);
    assert.equal(room.sendEvent("hello", 63), true);
    assert.equal(room.sendEvent(Uint8Array.of(1)), true);
    room.free();
    assert.equal(room.view(1040), null);
});

test("a seat outlives the page", options, async () => {
    const core = await load("generic");
    const room = core.makeRoom();
    room.opened(1);
    room.receive(golden("welcome"), 2);
    const { resumption } = room;
    assert.match(resumption, /^[0-9a-f]{40}$/);
    const next = core.makeRoom({ resumption });
    next.opened(1);
    const token = resumption.slice(0, 32).match(/../g).map((pair) => parseInt(pair, 16));
    assert.deepEqual([...next.takeOutgoing(1)[0].slice(-16)], token);
    assert.equal(next.receive(golden("welcome"), 2), "resumed");
    // The welcome tells of three events that the page before this one has sent.
    next.takeOutgoing(3);
    assert.equal(next.sendEvent("x"), true);
    assert.deepEqual([...next.takeOutgoing(4)[0].slice(0, 3)], [0x95, 4, 4]);
    next.closed(1006);
    assert.notEqual(next.resumption, null);
    next.closed(4401);
    assert.equal(next.resumption, null);
    assert.equal(core.makeRoom({ resumption: "nonsense" }).resumption, null);
});

test("hostile bytes become errors, never a trap", options, async () => {
    const core = await load("arena");
    const random = seededRandom(7);
    const names = ["welcome", "snapshot-full", "snapshot-delta", "roster", "event", "pong"];
    const messages = names.map(golden);
    let room = core.makeRoom();
    let taken = 0;
    let refused = 0;
    for (let round = 0; round < 20000; round += 1) {
        if (round % 200 === 0) {
            room.free();
            room = core.makeRoom();
            room.opened(round);
            room.receive(golden("welcome"), round);
        }
        let bytes = messages[random.below(messages.length)].slice(0);
        for (let count = random.below(4); count > 0; count -= 1) {
            bytes[random.below(bytes.length)] = random.below(256);
        }
        if (random.below(4) === 0) bytes = bytes.slice(0, random.below(bytes.length + 1));
        try {
            room.receive(bytes, round);
            taken += 1;
        } catch (error) {
            assert.ok(error instanceof HyoshiError && error.message.length > 10, String(error));
            refused += 1;
        }
        room.command([random.below(256), random.below(2)], round);
        room.view(round);
        room.ghosts();
        room.takeOutgoing(round);
    }
    assert.equal(core.failure, null);
    assert.ok(taken > 1000 && refused > 1000, `${taken} taken, ${refused} refused`);
});

test("a trap is reported, and nothing is called after it", options, async () => {
    const core = await load("arena");
    core.exports = { ...core.exports, hyoshi_room_make() { throw new WebAssembly.RuntimeError("x"); } };
    assert.throws(() => core.makeRoom(), /has stopped in hyoshi_room_make/);
    assert.throws(() => core.usedBytes, /has stopped/);
});

test("100,000 ticks of play take no more memory than the first ones", options, async () => {
    const core = await load("arena");
    const world = core.makeWorld(11n);
    const random = seededRandom(3);
    const play = (ticks) => {
        for (let tick = 0; tick < ticks; tick += 1) {
            const seat = random.below(16);
            if (random.below(400) === 0) world.leave(seat);
            else if (random.below(50) === 0) world.join(seat);
            world.setInput(seat, [random.below(16), random.below(2)]);
            world.step();
        }
    };
    play(5000);
    const { memoryBytes, usedBytes } = core;
    play(100000);
    assert.equal(core.memoryBytes, memoryBytes);
    assert.ok(core.usedBytes <= usedBytes + 1024, `${usedBytes}, then ${core.usedBytes} bytes`);
});

test("names are bounded as the server wants them", () => {
    assert.equal(boundedName("  a\u0000b\n c "), "ab c");
    assert.equal([...boundedName("é".repeat(99))].length, 24);
    assert.ok(new TextEncoder().encode(boundedName("拍子".repeat(40))).length <= 96);
});
