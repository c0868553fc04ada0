/** `node node.js MODULE.wasm LOG HASHES`: writes the state hash of every tick. */

import { readFileSync, writeFileSync } from "node:fs";

import { loadCore } from "../../Clients/web/hyoshi.js";
import { replay } from "./replay.js";

const [module, log, output] = process.argv.slice(2);
const core = await loadCore(readFileSync(module));
const bytes = readFileSync(log);
const start = performance.now();
const hashes = replay(core, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const milliseconds = performance.now() - start;
writeFileSync(output, new Uint8Array(hashes.buffer));
console.log(`${hashes.length} ticks in ${Math.round(milliseconds)} ms,`,
    `${Math.round((milliseconds * 1e6) / hashes.length)} ns each`);
