/** Where the tests find what the server's own tests keep. */

import { readFileSync } from "node:fs";

const root = new URL("../../../Tests/", import.meta.url);

/** The bytes of a golden message. @param {string} name */
export function golden(name) {
    const path = new URL(`GameProtocolTests/Fixtures/${name}.bin`, root);
    return new Uint8Array(readFileSync(path));
}

/** A recording of the native tests, or what lies beside it. @param {string} name */
export function recording(name, ending = "hyoshi") {
    const path = new URL(`RecordingTests/Fixtures/${name}.${ending}`, root);
    return new Uint8Array(readFileSync(path));
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
