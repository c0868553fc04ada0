import assert from "node:assert/strict";
import { test } from "node:test";

import {
    Connection, INTERVAL_MAXIMUM_MILLISECONDS, INTERVAL_MINIMUM_MILLISECONDS,
    SILENCE_MAXIMUM_MILLISECONDS, backoffMilliseconds, mayRetry,
} from "../connection.js";
import { decode } from "../messagepack.js";

/** A world without network and without waiting. */
function makeWorld() {
    const world = {
        time: 0, timers: [], sockets: [], stored: new Map(), states: [],
        random: () => 0.5,
        run(milliseconds) {
            const end = world.time + milliseconds;
            for (;;) {
                world.timers.sort((a, b) => a.at - b.at);
                if (world.timers.length === 0 || world.timers[0].at > end) break;
                const timer = world.timers.shift();
                world.time = timer.at;
                timer.callback();
            }
            world.time = end;
        },
    };
    world.surroundings = {
        WebSocket: class {
            constructor(url, subprotocol) {
                Object.assign(this, {
                    url, subprotocol, readyState: 0, bufferedAmount: 0, sent: [], closed: null,
                });
                world.sockets.push(this);
            }
            send(bytes) { this.sent.push(decode(bytes)); }
            close(code) { this.closed = code; this.readyState = 3; }
            open() { this.readyState = 1; this.onopen(); }
            fail(code, reason = "") {
                this.readyState = 3;
                this.onclose({ code, reason });
            }
        },
        setTimeout(callback, milliseconds) {
            const timer = { at: world.time + milliseconds, callback };
            world.timers.push(timer);
            return timer;
        },
        clearTimeout(timer) { world.timers = world.timers.filter((each) => each !== timer); },
        random: () => world.random(),
        now: () => world.time,
        storage: {
            getItem: (key) => world.stored.get(key) ?? null,
            setItem: (key, value) => world.stored.set(key, value),
            removeItem: (key) => world.stored.delete(key),
        },
    };
    world.connect = (spectates = false) => new Connection(
        "ws://host/rooms/a", { name: "Ada", spectates },
        { message() {}, changed: (state) => world.states.push(state) }, world.surroundings);
    world.last = () => world.sockets[world.sockets.length - 1];
    return world;
}

const token = Uint8Array.from({ length: 16 }, (_, index) => 255 - index);

test("back-off doubles from 1 s to 30 s, and half of it is chance", () => {
    const intervals = [1000, 2000, 4000, 8000, 16000, 30000, 30000];
    intervals.forEach((interval, index) => {
        assert.equal(backoffMilliseconds(index + 1, 0), interval / 2);
        assert.equal(backoffMilliseconds(index + 1, 0.5), interval * 0.75);
        assert.ok(backoffMilliseconds(index + 1, 0.999999) <= interval);
    });
    for (const attempt of [1, 5, 50, 5000]) {
        const wait = backoffMilliseconds(attempt, Math.random());
        assert.ok(wait >= INTERVAL_MINIMUM_MILLISECONDS / 2);
        assert.ok(wait <= INTERVAL_MAXIMUM_MILLISECONDS);
    }
});

test("which closes are tried again", () => {
    for (const code of [1000, 4403, 4404, 4409, 4426]) assert.ok(!mayRetry(code), String(code));
    for (const code of [1001, 1006, 1008, 1011, 1013, 4400, 4401, 4408, 4410]) {
        assert.ok(mayRetry(code), String(code));
    }
});

test("says hello, and comes back with the token after a loss", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    assert.equal(world.last().subprotocol, "hyoshi.v1");
    world.last().open();
    assert.deepEqual(world.last().sent, [[1, 1, "Ada", 0, null]]);
    connection.welcomed(token);
    world.last().fail(1006);
    assert.equal(connection.state, "waiting");
    world.run(749);
    assert.equal(world.sockets.length, 1);
    world.run(1);
    assert.equal(world.sockets.length, 2);
    world.last().open();
    assert.deepEqual(world.last().sent, [[1, 1, "Ada", 0, token]]);
    connection.welcomed(token);
    assert.deepEqual(world.states, [
        "connecting", "joining", "joined", "waiting", "connecting", "joining", "joined",
    ]);
});

test("attempts in vain wait ever longer, a welcome begins anew", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    for (let attempt = 0; attempt < 8; attempt += 1) {
        world.last().fail(1006);
        world.run(connection.waits.at(-1));
    }
    assert.deepEqual(connection.waits, [750, 1500, 3000, 6000, 12000, 22500, 22500, 22500]);
    world.last().open();
    connection.welcomed(token);
    world.last().fail(1001);
    assert.equal(connection.waits.at(-1), 750);
});

test("a final close ends it, and forgets the token unless the seat lives on elsewhere", () => {
    for (const [code, keeps] of [[1000, 0], [4403, 0], [4404, 0], [4426, 0], [4409, 1]]) {
        const world = makeWorld();
        const connection = world.connect();
        connection.start();
        world.last().open();
        connection.welcomed(token);
        world.last().fail(code);
        world.run(120000);
        assert.equal(connection.state, "ended");
        assert.equal(world.sockets.length, 1);
        assert.equal(world.stored.size, keeps);
    }
});

test("a refused token is not offered twice", () => {
    const world = makeWorld();
    world.stored.set("hyoshi.token ws://host/rooms/a", "00".repeat(16));
    const connection = world.connect();
    connection.start();
    world.last().open();
    assert.deepEqual(world.last().sent[0][4], new Uint8Array(16));
    world.last().fail(4401);
    world.run(1000);
    world.last().open();
    assert.equal(world.last().sent[0][4], null);
});

test("a spectator and a damaged store offer no token", () => {
    for (const [spectates, stored] of [[true, "00".repeat(16)], [false, "zz"], [false, "00"]]) {
        const world = makeWorld();
        world.stored.set("hyoshi.token ws://host/rooms/a", stored);
        world.connect(spectates).start();
        world.last().open();
        assert.equal(world.last().sent[0][4], null);
    }
});

test("silence is taken for death", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    const socket = world.last();
    socket.open();
    connection.welcomed(token);
    world.run(5000);
    socket.onmessage({ data: new ArrayBuffer(1) });
    world.run(SILENCE_MAXIMUM_MILLISECONDS - 1000);
    assert.equal(socket.closed, null);
    world.run(2000);
    assert.notEqual(socket.closed, null);
    assert.ok(world.sockets.length > 1 || connection.state === "waiting");
});

test("leaving says so, forgets the token and does not come back", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    world.last().open();
    connection.welcomed(token);
    const socket = world.last();
    connection.leave();
    assert.deepEqual(socket.sent.at(-1), [6]);
    assert.equal(socket.closed, 1000);
    assert.equal(world.stored.size, 0);
    world.run(60000);
    assert.equal(world.sockets.length, 1);
});

test("nothing is piled up behind a stuck socket", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    assert.equal(connection.send(new Uint8Array([1])), false, "not yet open");
    world.last().open();
    world.last().bufferedAmount = 20000;
    assert.equal(connection.send(new Uint8Array([1])), false);
    world.last().bufferedAmount = 0;
    assert.equal(connection.send(new Uint8Array([1])), true);
});
