/** Plays a log of SamenessProbe in the world of a web module; for Node and for a page. */

const JOIN = 0;
const LEAVE = 1;
const INPUT = 2;

/**
 * The state hash after every tick, 64 bits each.
 * @param {import("../../Clients/web/hyoshi.js").Core} core
 * @param {ArrayBuffer} log see InputLog.swift
 * @returns {BigUint64Array}
 */
export function replay(core, log) {
    const words = new Int32Array(log, 0, log.byteLength >> 2);
    const seed = (BigInt(words[1] >>> 0) << 32n) | BigInt(words[0] >>> 0);
    const ticks = words[2];
    const world = core.makeWorld(seed);
    const hashes = new BigUint64Array(ticks);
    let position = 3;
    for (let tick = 1; tick <= ticks; tick += 1) {
        while (position < words.length && words[position] === tick) {
            const [action, seat, count] = words.subarray(position + 1, position + 4);
            position += 4;
            if (action === JOIN) world.join(seat);
            else if (action === LEAVE) world.leave(seat);
            else if (action === INPUT) world.setInput(seat, words.subarray(position, position + count));
            else world.restore();
            position += count;
        }
        world.step();
        hashes[tick - 1] = world.hash();
    }
    return hashes;
}
