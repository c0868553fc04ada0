import assert from "node:assert/strict";
import { test } from "node:test";

import {
    Connection, INTERVAL_MAXIMUM_MILLISECONDS, INTERVAL_MINIMUM_MILLISECONDS,
    SILENCE_MAXIMUM_MILLISECONDS, SeatMemory, backoffMilliseconds, mayRetry,
} from "../connection.js";

/** A world without network and without waiting. */
function makeWorld() {
    const world = {
        time: 0, timers: [], sockets: [], states: [], opened: 0, messages: [], closes: [],
        delay: { latencyMilliseconds: 0, jitterMilliseconds: 0, stallMilliseconds: 0 },
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
            send(bytes) { this.sent.push([...bytes]); }
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
    };
    world.connect = () => new Connection("ws://host/rooms/a", world.delay, {
        opened: () => { world.opened += 1; },
        message: (bytes, now) => world.messages.push([[...bytes], now]),
        closed: (code) => world.closes.push(code),
        changed: (state) => world.states.push(state),
    }, world.surroundings);
    world.last = () => world.sockets[world.sockets.length - 1];
    return world;
}

/** What a server sends. */
function message(...bytes) {
    return { data: new Uint8Array(bytes).buffer };
}

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

test("comes back by itself after a loss, and says when the hello is due", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    assert.equal(world.last().subprotocol, "hyoshi.v1");
    assert.equal(world.opened, 0);
    world.last().open();
    assert.equal(world.opened, 1);
    connection.welcomed();
    world.last().fail(1006);
    assert.equal(connection.state, "waiting");
    assert.deepEqual(world.closes, [1006]);
    world.run(749);
    assert.equal(world.sockets.length, 1);
    world.run(1);
    assert.equal(world.sockets.length, 2);
    world.last().open();
    assert.equal(world.opened, 2);
    connection.welcomed();
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
    connection.welcomed();
    world.last().fail(1001);
    assert.equal(connection.waits.at(-1), 750);
});

test("a final close ends it", () => {
    for (const code of [1000, 4403, 4404, 4426, 4409]) {
        const world = makeWorld();
        const connection = world.connect();
        connection.start();
        world.last().open();
        connection.welcomed();
        world.last().fail(code);
        world.run(120000);
        assert.equal(connection.state, "ended");
        assert.equal(world.sockets.length, 1);
        assert.deepEqual(world.closes, [code]);
    }
});

test("silence is taken for death", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    const socket = world.last();
    socket.open();
    connection.welcomed();
    world.run(5000);
    socket.onmessage(message(1));
    world.run(SILENCE_MAXIMUM_MILLISECONDS - 1000);
    assert.equal(socket.closed, null);
    world.run(2000);
    assert.notEqual(socket.closed, null);
    assert.ok(world.sockets.length > 1 || connection.state === "waiting");
});

test("ending says so at once, also over a slow line, and does not come back", () => {
    const world = makeWorld();
    world.delay.latencyMilliseconds = 1000;
    const connection = world.connect();
    connection.start();
    world.last().open();
    connection.welcomed();
    const socket = world.last();
    connection.end([new Uint8Array([0x91, 6])]);
    assert.deepEqual(socket.sent.at(-1), [0x91, 6]);
    assert.equal(socket.closed, 1000);
    world.run(60000);
    assert.equal(world.sockets.length, 1);
});

test("nothing is piled up behind a stuck socket", () => {
    const world = makeWorld();
    const connection = world.connect();
    connection.start();
    connection.send(new Uint8Array([1]));
    world.last().open();
    world.last().bufferedAmount = 20000;
    connection.send(new Uint8Array([2]));
    world.last().bufferedAmount = 0;
    connection.send(new Uint8Array([3]));
    assert.deepEqual(world.last().sent, [[3]]);
    assert.equal(connection.traffic.sent, 1);
});

test("added latency is half on the way there and half on the way back", () => {
    const world = makeWorld();
    world.delay.latencyMilliseconds = 300;
    const connection = world.connect();
    connection.start();
    world.last().open();
    connection.send(new Uint8Array([7]));
    world.last().onmessage(message(8));
    world.run(149);
    assert.deepEqual([world.last().sent, world.messages], [[], []]);
    world.run(2);
    assert.deepEqual(world.last().sent, [[7]]);
    assert.deepEqual(world.messages, [[[8], 150]]);
    assert.deepEqual(connection.traffic,
        { received: 1, sent: 1, messagesReceived: 1, messagesSent: 1 });
});

test("what is on its way when the connection ends is lost with it", () => {
    const world = makeWorld();
    world.delay.latencyMilliseconds = 300;
    const connection = world.connect();
    connection.start();
    world.last().open();
    world.last().onmessage(message(8));
    connection.send(new Uint8Array([7]));
    world.last().fail(1006);
    world.run(1000);
    assert.deepEqual(world.messages, []);
    assert.deepEqual(world.last().sent, []);
});

test("a seat is remembered by its room's address, and not without storage", () => {
    const stored = new Map();
    const storage = {
        getItem: (key) => stored.get(key) ?? null,
        setItem: (key, value) => stored.set(key, value),
        removeItem: (key) => stored.delete(key),
    };
    const memory = new SeatMemory("ws://host/rooms/a", storage);
    assert.equal(memory.resumption, null);
    memory.resumption = "0123";
    assert.equal(new SeatMemory("ws://host/rooms/a", storage).resumption, "0123");
    assert.equal(new SeatMemory("ws://host/rooms/b", storage).resumption, null);
    memory.resumption = null;
    assert.equal(stored.size, 0);
    const none = new SeatMemory("ws://host/rooms/a", null);
    none.resumption = "0123";
    assert.equal(none.resumption, null);
});
