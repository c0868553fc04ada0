import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { FLAG, SUBPROTOCOL, loadCore } from "../hyoshi.js";
import { TestSocket } from "./socket.js";

const module = new URL("../../../.build/web/arena.wasm", import.meta.url);
const hyoshi = process.env.HYOSHI ?? "";
const isMissing = !existsSync(module) || !existsSync(hyoshi);
const options = { skip: isMissing ? "needs make web, and HYOSHI as the server's path" : false };

const PATIENCE_MILLISECONDS = 60000;
const THRUST = 1;
const RIGHT = 4;

/** Starts a server; resolves to its process and port. */
function startServer() {
    const server = spawn(hyoshi, ["serve", "--port", "0", "--admin-port", "0"]);
    return new Promise((resolve, reject) => {
        let said = "";
        const heard = (bytes) => {
            said += bytes;
            const found = /ws:\/\/[^ ]*:(\d+)\//.exec(said);
            if (found !== null) resolve({ server, port: Number(found[1]) });
        };
        server.stdout.on("data", heard);
        server.stderr.on("data", heard);
        server.on("exit", () => reject(new Error(`the server ended: ${said}`)));
    });
}

/** A page's part: a room, its socket, and pictures at 60 Hz. */
class Player {
    constructor(core, port, name) {
        this.room = core.makeRoom({ name });
        this.outcomes = new Map();
        this.changes = [];
        this.input = [0, 0];
        this.view = null;
        const socket = new TestSocket(port, "/rooms/lobby", SUBPROTOCOL);
        this.socket = socket;
        this.send = () => this.room.takeOutgoing().forEach((message) => socket.send(message));
        socket.onopen = () => { this.room.opened(); this.send(); };
        socket.onmessage = (message) => {
            const outcome = this.room.receive(message);
            this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
            this.send();
        };
        this.timer = setInterval(() => this.picture(), 1000 / 60);
    }

    picture() {
        if (!this.socket.isOpen) return;
        this.room.command(this.input);
        this.send();
        this.view = this.room.view();
        this.changes.push(...this.room.changes());
    }

    count(outcome) {
        return this.outcomes.get(outcome) ?? 0;
    }

    /** The rows of a kind by id: values and flags. */
    things(kind) {
        const { count, fieldCount, ids, values, flags } = this.view.kinds[kind];
        return Array.from({ length: count }, (_, row) => ({
            id: ids[row], flags: flags[row],
            values: [...values.subarray(row * fieldCount, (row + 1) * fieldCount)],
        }));
    }

    end() {
        clearInterval(this.timer);
        this.socket.close();
    }
}

/** Waits until something is so. */
async function until(condition, what) {
    const end = performance.now() + PATIENCE_MILLISECONDS;
    while (!condition()) {
        assert.ok(performance.now() < end, `never came true: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

test("two players in a real room, predicted and shown", options, async () => {
    const core = await loadCore(readFileSync(module));
    const { server, port } = await startServer();
    const players = [];
    try {
        const ada = new Player(core, port, "Ada");
        const ben = new Player(core, port, "Ben");
        players.push(ada, ben);
        await until(() => players.every((player) => player.room.statistics().prediction === "on"),
            "both predict");
        const ship = ada.room.schema.kinds.findIndex((kind) => kind.name === "ship");
        const shot = ada.room.schema.kinds.findIndex((kind) => kind.name === "shot");
        await until(() => ada.view !== null && ada.things(ship).length === 2, "both ships are seen");
        await until(() => ada.room.roster.length === 2, "both are in the roster");
        const own = ada.things(ship).find(({ flags }) => flags & FLAG.own);
        const other = ada.things(ship).find(({ flags }) => !(flags & FLAG.own));
        assert.equal(own.flags, FLAG.own | FLAG.predicted);
        assert.equal(other.flags, 0);
        assert.ok(ada.view.predictedTick > ada.view.remoteTick);

        ada.input = [THRUST | RIGHT, 1];
        const snapshots = ada.count("snapshot");
        await until(() => ada.count("snapshot") > snapshots + 240, "four seconds of play");
        ada.input = [0, 0];
        const { positions } = ada.room.schema.kinds[ship];
        const moved = ada.things(ship).find(({ id }) => id === own.id);
        assert.notEqual(moved.values[positions.get("heading")], own.values[positions.get("heading")]);
        const statistics = ada.room.statistics();
        assert.equal(statistics.desyncs, 0);
        assert.ok(statistics.roundTripMilliseconds > 0);
        assert.ok(statistics.newestCommandTick > statistics.newestTick - 30);

        // Each shot appears once, and vanishes at most once.
        const shots = ada.changes.filter(({ kind }) => kind === shot);
        const appeared = shots.filter(({ type }) => type === "appeared").map(({ id }) => id);
        const vanished = shots.filter(({ type }) => type === "vanished").map(({ id }) => id);
        assert.ok(appeared.length > 5, `${appeared.length} shots`);
        assert.equal(new Set(appeared).size, appeared.length);
        assert.equal(new Set(vanished).size, vanished.length);

        assert.equal(ada.room.sendEvent("hello", ben.room.seat), true);
        await until(() => ada.count("acknowledged") > 0, "the event is taken");
        await until(() => ben.room.events.length > 0, "the event arrives");
        const [event] = ben.room.takeEvents();
        assert.deepEqual([event.sender, event.scope, event.payload], [ada.room.seat, "seat", "hello"]);

        const before = core.memoryBytes;
        ben.end();
        ben.room.leave();
        await until(() => ada.room.roster.some(({ state }) => state === "held"), "Ben is away");
        assert.equal(core.memoryBytes, before);
        assert.equal(core.failure, null);
    } finally {
        players.forEach((player) => player.end());
        server.removeAllListeners("exit");
        server.kill("SIGTERM");
    }
});
