/**
 * What the web module costs, in Node: a step of the arena, and the messages of a real room.
 *
 *     HYOSHI=path/to/hyoshi node Benchmarks/web.js [MODULE.wasm]
 *
 * Sixteen players of one process fly about in a room of a server that it starts; the messages of
 * one of them are then taken again and again, without the network. Figures are the best of rounds.
 */

import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { SUBPROTOCOL, loadCore } from "../Clients/web/hyoshi.js";
import { TestSocket } from "../Clients/web/tests/socket.js";

const path = process.argv[2] ?? new URL("../.build/web/arena.wasm", import.meta.url);
const PLAYERS = 16;
const MESSAGES = 1200;
const ROUNDS = 12;

const best = (rounds, measure) => Math.min(...Array.from({ length: rounds }, measure));
const nanoseconds = (start, count) => ((performance.now() - start) * 1e6) / count;

async function stepCost() {
    const core = await loadCore(readFileSync(path));
    const world = core.makeWorld(1n);
    for (let seat = 0; seat < PLAYERS; seat += 1) {
        world.join(seat);
        world.setInput(seat, [1 | (seat % 3 === 0 ? 2 : 4), 1]);
    }
    world.step(5000);
    return best(ROUNDS, () => {
        const start = performance.now();
        world.step(5000);
        return nanoseconds(start, 5000);
    });
}

/** The messages of one of the players, each with the time when it came. */
async function record() {
    const server = spawn(process.env.HYOSHI, ["serve", "--port", "0", "--admin-port", "0"]);
    const port = await new Promise((resolve) => {
        let said = "";
        server.stdout.on("data", (bytes) => {
            const found = /ws:\/\/[^ ]*:(\d+)\//.exec(said += bytes);
            if (found !== null) resolve(Number(found[1]));
        });
    });
    const core = await loadCore(readFileSync(path));
    const messages = [];
    const players = Array.from({ length: PLAYERS }, (_, number) => {
        const room = core.makeRoom();
        const socket = new TestSocket(port, "/rooms/lobby", SUBPROTOCOL);
        const send = () => room.takeOutgoing().forEach((message) => socket.send(message));
        socket.onopen = () => { room.opened(); send(); };
        socket.onmessage = (message) => {
            const now = performance.now();
            if (number === 0) messages.push([message, now]);
            room.receive(message, now);
            send();
        };
        return { room, socket, send };
    });
    let pictures = 0;
    const timer = setInterval(() => {
        pictures += 1;
        players.forEach(({ room, send }, number) => {
            const turns = (pictures >> 4) + number;
            room.command([1 | (turns % 3 === 0 ? 2 : 0) | (turns % 5 === 0 ? 4 : 0), 1]);
            send();
        });
    }, 1000 / 60);
    while (messages.length < MESSAGES) await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(timer);
    players.forEach(({ socket }) => socket.close());
    server.kill("SIGTERM");
    return messages;
}

/** Plays the messages again: what decoding costs, and what a picture with prediction costs. */
async function roomCost(messages, shows) {
    const core = await loadCore(readFileSync(path));
    let receiving = 0;
    let showing = 0;
    let snapshots = 0;
    const room = core.makeRoom();
    room.setPrediction(shows);
    room.opened(messages[0][1]);
    for (const [message, at] of messages) {
        const start = performance.now();
        const outcome = room.receive(message, at);
        const middle = performance.now();
        if (outcome === "snapshot") {
            snapshots += 1;
            receiving += middle - start;
        }
        if (!shows) continue;
        const before = performance.now();
        room.command([5, 1], at);
        room.view(at);
        showing += performance.now() - before;
        room.takeOutgoing(at);
    }
    return shows ? (showing * 1e6) / messages.length : (receiving * 1e6) / snapshots;
}

const bytes = readFileSync(path);
console.log(`module: ${statSync(path).size} bytes, ${gzipSync(bytes, { level: 9 }).length} compressed`);
console.log(`a step of the arena, ${PLAYERS} ships shooting: ${Math.round(await stepCost())} ns`);
if (process.env.HYOSHI) {
    const messages = await record();
    const sizes = messages.map(([message]) => message.length).sort((a, b) => a - b);
    console.log(`${messages.length} messages, median ${sizes[sizes.length >> 1]} bytes`);
    const costs = [];
    const pictures = [];
    for (let round = 0; round < ROUNDS; round += 1) {
        costs.push(await roomCost(messages, false));
        pictures.push(await roomCost(messages, true));
    }
    console.log(`a snapshot received: ${Math.round(Math.min(...costs))} ns`);
    console.log(`a command and a view with prediction: ${Math.round(Math.min(...pictures))} ns`);
}
process.exit(0);
