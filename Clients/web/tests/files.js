/** Where the tests find what the server's own tests keep. */

import { readFileSync } from "node:fs";

const root = new URL("../../../Tests/", import.meta.url);

/** The bytes of a golden message. @param {string} name */
export function golden(name) {
    const path = new URL(`GameProtocolTests/Fixtures/${name}.bin`, root);
    return new Uint8Array(readFileSync(path));
}

/** Messages of Python's msgpack with their values: `[hex, notation]`. */
export function vectors() {
    const path = new URL("MessagePackTests/Fixtures/vectors.txt", root);
    return readFileSync(path, "utf8").trimEnd().split("\n").map((line) => {
        const space = line.indexOf(" ");
        return [line.slice(0, space), line.slice(space + 1)];
    });
}

/** @param {string} hex */
export function fromHex(hex) {
    return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** A generator with a seed, so that a failure can be had again. @param {number} seed */
export function seededRandom(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 4294967296;
    };
    return {
        next,
        /** 0 ..< count @param {number} count */
        below: (count) => Math.floor(next() * count),
        /** low ... high @param {number} low @param {number} high */
        between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    };
}
