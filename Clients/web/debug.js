/**
 * The debug page: any game's entities, drawn from their field table, and its input, by the names of
 * its flags. It shows the server's state as it came, tick by tick; or, where the server has the
 * game's module, what a page that predicts shows.
 *
 *     /debug?room=lobby&game=tag&name=Ann&spectate
 */

import { loadCore } from "./hyoshi.js";
import { seatColor } from "./palette.js";
import { Picture, USE, stateOf } from "./sketch.js";
import { Snapshots, WireError, decode, encode, parseField, parseKind } from "./wire.js";

/** @typedef {import("./wire.js").Field} Field */
/** @typedef {import("./wire.js").Kind} Kind */

const ROWS_SHOWN = 60;
const FLAGS_SHOWN = 24;
const SLOW_MILLISECONDS = 200;

/** Keys for flags of these names; others get the digits. @type {Readonly<Record<string, string[]>>} */
const KEYS = Object.freeze({
    left: ["ArrowLeft", "KeyA"], right: ["ArrowRight", "KeyD"], up: ["ArrowUp", "KeyW"],
    down: ["ArrowDown", "KeyS"], thrust: ["ArrowUp", "KeyW"], forward: ["ArrowUp", "KeyW"],
    brake: ["ArrowDown", "KeyS"], back: ["ArrowDown", "KeyS"], backward: ["ArrowDown", "KeyS"],
    fire: ["Space", "KeyJ"], shoot: ["Space", "KeyJ"], jump: ["Space", "KeyK"], use: ["KeyE"],
});

/** @type {Readonly<Record<string, string>>} */
const KEY_LABELS = Object.freeze({
    ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Space: "space",
});

/** @param {string} id @returns {HTMLElement} */
function element(id) {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page lacks #${id}`);
    return found;
}

/** @param {string} tag @param {string} content */
function make(tag, content) {
    const made = document.createElement(tag);
    made.textContent = content;
    return made;
}

/** A number in the field's unit. @param {Field} field @param {number} number */
function shown(field, number) {
    if (field.use === USE.flags) {
        const names = field.unit.split(" ");
        const set = names.filter((_, bit) => number & (1 << bit));
        return set.length > 0 ? set.join(" ") : "·";
    }
    const value = (number * field.step) / field.scale;
    return Number.isInteger(value) ? String(value) : value.toFixed(field.scale > 100 ? 3 : 2);
}

/** What the player holds down: a number for each input field. */
class Inputs {
    /** @param {Field[]} fields */
    constructor(fields) {
        this.fields = fields;
        /** What holds each flag: keys by code, pointers by number. @type {Map<string, Set<string>>} */
        this.held = new Map();
        /** Flags pressed since the last command, so that a short press counts. @type {Set<string>} */
        this.pressed = new Set();
        /** @type {Map<string, string[]>} */
        this.flagsOfKey = new Map();
        /** @type {Map<string, HTMLElement>} */
        this.buttons = new Map();
        /** The numbers of fields that are no flags. */
        this.numbers = fields.map((field) => Math.min(Math.max(0, field.minimum), field.maximum));
        this.build();
    }

    build() {
        const footer = element("inputs");
        footer.replaceChildren();
        let digit = 0;
        this.fields.forEach((field, position) => {
            if (field.use !== USE.flags) {
                this.addSlider(footer, field, position);
                return;
            }
            const names = field.unit.split(" ").filter((name) => name !== "");
            names.slice(0, FLAGS_SHOWN).forEach((name, bit) => {
                const flag = `${position}.${bit}`;
                let keys = KEYS[name] ?? [];
                if (keys.length === 0 && digit < 9) keys = [`Digit${(digit += 1)}`];
                for (const key of keys) {
                    this.flagsOfKey.set(key, [...(this.flagsOfKey.get(key) ?? []), flag]);
                }
                this.addButton(footer, name, flag, keys[0] ?? "");
            });
        });
    }

    /** @param {HTMLElement} footer @param {string} name @param {string} flag @param {string} key */
    addButton(footer, name, flag, key) {
        const button = make("button", name);
        button.setAttribute("type", "button");
        if (key !== "") button.append(make("kbd", KEY_LABELS[key] ?? key.replace(/^(Key|Digit)/, "")));
        button.addEventListener("pointerdown", (event) => {
            event.preventDefault();
            button.setPointerCapture(event.pointerId);
            this.press(flag, `pointer ${event.pointerId}`);
        });
        for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
            button.addEventListener(name, (event) => {
                this.release(`pointer ${/** @type {PointerEvent} */ (event).pointerId}`);
            });
        }
        button.addEventListener("contextmenu", (event) => event.preventDefault());
        this.buttons.set(flag, button);
        footer.append(button);
    }

    /** @param {HTMLElement} footer @param {Field} field @param {number} position */
    addSlider(footer, field, position) {
        const label = make("label", field.name);
        const slider = document.createElement("input");
        slider.type = "range";
        slider.min = String(field.minimum);
        slider.max = String(field.maximum);
        slider.value = String(this.numbers[position]);
        slider.addEventListener("input", () => {
            this.numbers[position] = Number(slider.value);
        });
        label.append(slider);
        footer.append(label);
    }

    /** @param {string} flag @param {string} holder */
    press(flag, holder) {
        const holders = this.held.get(flag) ?? new Set();
        holders.add(holder);
        this.held.set(flag, holders);
        this.pressed.add(flag);
        this.buttons.get(flag)?.classList.add("on");
    }

    /** Lets go of what a key or a pointer holds. @param {string} holder */
    release(holder) {
        for (const [flag, holders] of this.held) {
            if (!holders.delete(holder) || holders.size > 0) continue;
            this.held.delete(flag);
            this.buttons.get(flag)?.classList.remove("on");
        }
    }

    releaseAll() {
        for (const holders of [...this.held.values()]) {
            for (const holder of [...holders]) this.release(holder);
        }
    }

    /** A command was made of the numbers: presses are used up by it. */
    used() {
        this.pressed.clear();
    }

    /** The numbers of the next command. @returns {number[]} */
    numbersNow() {
        const numbers = [...this.numbers];
        for (const flag of [...this.held.keys(), ...this.pressed]) {
            const [position, bit] = flag.split(".").map(Number);
            numbers[position] |= 1 << bit;
        }
        return numbers;
    }
}

/** The tables: every value of every entity. */
class Tables {
    /** @param {Kind[]} kinds */
    constructor(kinds) {
        this.kinds = kinds;
        /** @type {Map<string, string>} */
        this.before = new Map();
        this.sections = kinds.map((kind) => {
            const title = make("h2", kind.name);
            const count = make("span", "");
            title.append(" ", count);
            const table = document.createElement("table");
            const head = document.createElement("thead");
            const names = document.createElement("tr");
            names.append(make("th", "id"), ...kind.fields.map((field) => {
                const cell = make("th", field.name);
                const unit = field.use === USE.flags ? "flags" : field.unit;
                cell.title = `${field.minimum} … ${field.maximum} × ${field.step} ÷ ${field.scale} ${unit}`;
                return cell;
            }));
            head.append(names);
            const body = document.createElement("tbody");
            table.append(head, body);
            const wide = make("div", "");
            wide.className = "wide";
            wide.append(table);
            return { title, count, body, wide };
        });
        element("tables").replaceChildren(
            ...this.sections.flatMap(({ title, wide }) => [title, wide]));
    }

    /** @param {import("./wire.js").Rows[]} state @param {number | null} ownSeat */
    show(state, ownSeat) {
        /** @type {Map<string, string>} */
        const after = new Map();
        state.forEach((rows, index) => {
            const { fields, capacity } = this.kinds[index];
            const { count, body } = this.sections[index];
            count.textContent = `${rows.size} of at most ${capacity}`;
            const lines = [...rows].slice(0, ROWS_SHOWN).map(([id, row]) => {
                const line = document.createElement("tr");
                line.append(make("td", String(id)), ...fields.map((field, position) => {
                    const text = shown(field, row[position]);
                    const key = `${index}.${id}.${position}`;
                    const cell = make("td", text);
                    after.set(key, text);
                    if ((this.before.get(key) ?? text) !== text) cell.className = "changed";
                    if (field.use === USE.seat) {
                        const dot = make("i", "");
                        dot.style.setProperty("background", seatColor(row[position], ownSeat));
                        cell.prepend(dot);
                    }
                    return cell;
                }));
                return line;
            });
            if (rows.size > ROWS_SHOWN) {
                const line = document.createElement("tr");
                line.append(make("td", `+${rows.size - ROWS_SHOWN}`));
                lines.push(line);
            }
            body.replaceChildren(...lines);
        });
        this.before = after;
    }
}

/** One visit to one room. */
class Visit {
    /** @param {URLSearchParams} query */
    constructor(query) {
        this.room = query.get("room") ?? "lobby";
        this.game = query.get("game");
        this.name = (query.get("name") ?? "debug").slice(0, 24);
        this.spectates = query.has("spectate");
        /** @type {WebSocket | null} */
        this.socket = null;
        /** @type {Snapshots | null} */
        this.snapshots = null;
        /** @type {Inputs | null} */
        this.inputs = null;
        /** @type {Picture | null} */
        this.picture = null;
        /** @type {Tables | null} */
        this.tables = null;
        /** @type {number | null} */
        this.seat = null;
        this.tickRate = 0;
        this.sequence = 0;
        this.acknowledged = 0;
        /** What came in the last second: when, how many bytes. @type {[number, number][]} */
        this.arrivals = [];
        this.counts = { snapshots: 0, full: 0, faults: 0 };
        this.shownAt = 0;
        this.retryTimer = 0;
        /** The game's module, once asked for. @type {import("./hyoshi.js").Core | null} */
        this.core = null;
        /** Whether the module's view is shown. */
        this.predicts = false;
        /** The core's room while it is. @type {import("./hyoshi.js").Room | null} */
        this.predicted = null;
        this.gameName = "";
    }

    connect() {
        const scheme = location.protocol === "https:" ? "wss:" : "ws:";
        const game = this.game === null ? "" : `?game=${encodeURIComponent(this.game)}`;
        const url = `${scheme}//${location.host}/rooms/${encodeURIComponent(this.room)}${game}`;
        this.predicted?.free();
        this.predicted = this.predicts && this.core !== null
            ? this.core.makeRoom({ name: this.name, spectate: this.spectates }) : null;
        const socket = new WebSocket(url, "hyoshi.v1");
        socket.binaryType = "arraybuffer";
        this.socket = socket;
        this.say("connecting", false);
        socket.onopen = () => {
            this.snapshots = null;
            this.acknowledged = 0;
            if (this.predicted === null) {
                socket.send(encode([1, 1, this.name, this.spectates ? 1 : 0]));
            } else {
                this.predicted.opened();
                this.flush(performance.now());
            }
        };
        socket.onmessage = (event) => {
            if (socket === this.socket) this.receive(new Uint8Array(event.data));
        };
        socket.onclose = (event) => {
            if (socket !== this.socket) return;
            this.say(`closed with ${event.code} ${event.reason}; trying again`, true);
            this.retryTimer = window.setTimeout(() => this.connect(), 2000);
        };
    }

    /** Takes a seat, or gives it up to watch. */
    changeRole() {
        this.spectates = !this.spectates;
        this.reconnect();
    }

    /** Shows what a page that predicts shows, or again what the server says. */
    async changeView() {
        try {
            this.core ??= await loadCore(`/modules/${this.gameName}.wasm`);
        } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            this.say(reason.includes("404")
                ? `no module of ${this.gameName} here: run web.sh, then start the server again`
                : reason, true);
            return;
        }
        this.predicts = !this.predicts;
        element("view").classList.toggle("on", this.predicts);
        this.reconnect();
    }

    /** Leaves the room and comes again. */
    reconnect() {
        window.clearTimeout(this.retryTimer);
        const { socket } = this;
        this.socket = null;
        if (socket !== null && socket.readyState === WebSocket.OPEN) socket.send(encode([6]));
        socket?.close(1000);
        this.connect();
    }

    /** Sends what the core wants sent. @param {number} now */
    flush(now) {
        for (const message of this.predicted?.takeOutgoing(now) ?? []) {
            if (this.socket?.readyState === WebSocket.OPEN) {
                this.socket.send(/** @type {any} */ (message));
            }
        }
    }

    /**
     * What is to be shown: the newest snapshot, or the core's view.
     * @param {number} now
     * @param {Snapshots} snapshots
     */
    stateToShow(now, snapshots) {
        const { predicted, inputs } = this;
        if (predicted === null || predicted.welcome === null) return snapshots.newest;
        if (this.seat !== null && inputs !== null && predicted.command(inputs.numbersNow(), now)) {
            inputs.used();
        }
        this.flush(now);
        const view = predicted.view(now);
        return view === null ? snapshots.newest : stateOf(view, snapshots.kinds);
    }

    /** @param {string} text @param {boolean} isBad */
    say(text, isBad) {
        const state = element("state");
        state.textContent = text;
        state.classList.toggle("bad", isBad);
    }

    /** @param {Uint8Array} bytes */
    receive(bytes) {
        const now = performance.now();
        this.predicted?.receive(bytes, now);
        this.flush(now);
        this.arrivals.push([now, bytes.length]);
        while (this.arrivals[0][0] < now - 1000) this.arrivals.shift();
        const message = decode(bytes);
        if (!Array.isArray(message)) return;
        if (message[0] === 2) this.welcomed(message);
        if (message[0] === 1 && this.snapshots !== null) this.takeSnapshot(message);
    }

    /** @param {any[]} message */
    welcomed(message) {
        const [, , room, game, seat, , tickRate, , , inputFields, kinds] = message;
        const parsed = kinds.map(parseKind);
        this.seat = seat;
        this.gameName = game;
        this.tickRate = tickRate;
        this.snapshots = new Snapshots(parsed);
        this.picture = new Picture(/** @type {HTMLCanvasElement} */ (element("world")), parsed);
        this.tables = new Tables(parsed);
        this.inputs = new Inputs(seat === null ? [] : inputFields.map(parseField));
        element("place").textContent = `${game} · ${room}`;
        element("role").textContent = seat === null ? "Take a seat" : "Watch only";
        document.title = `${game} · ${room} · Hyoshi debug`;
        this.say(seat === null ? "watching" : `seat ${seat}`, false);
    }

    /** @param {any[]} message */
    takeSnapshot(message) {
        const { snapshots } = this;
        if (snapshots === null) return;
        try {
            snapshots.take(message);
            this.acknowledged = snapshots.tick;
            this.counts.snapshots += 1;
            if (message[4] === 0) this.counts.full += 1;
        } catch (error) {
            if (!(error instanceof WireError)) throw error;
            // Then the server sends a full one.
            this.acknowledged = 0;
            this.counts.faults += 1;
        }
        if (this.predicted !== null) return;
        // A command for the next tick, and with it what was decoded.
        const numbers = this.inputs?.numbersNow() ?? [];
        this.inputs?.used();
        this.sequence = (this.sequence + 1) & 0xffff;
        this.socket?.send(this.seat === null ? encode([3, this.acknowledged, 0])
            : encode([2, this.sequence, 0, this.acknowledged, numbers]));
    }

    /** @param {number} now milliseconds */
    refresh(now) {
        const { snapshots } = this;
        if (snapshots === null) return;
        const state = this.stateToShow(now, snapshots);
        this.picture?.draw(state, this.seat);
        if (now - this.shownAt < SLOW_MILLISECONDS) return;
        this.shownAt = now;
        this.tables?.show(state, this.seat);
        const bytes = this.arrivals.reduce((sum, [, count]) => sum + count, 0);
        const mean = this.arrivals.length > 0 ? bytes / this.arrivals.length : 0;
        const facts = {
            tick: snapshots.tick, hz: `${this.arrivals.length} of ${this.tickRate}`,
            "bytes/s": bytes.toLocaleString("en"), "bytes each": mean.toFixed(0),
            full: this.counts.full, faults: this.counts.faults,
        };
        element("facts").replaceChildren(...Object.entries(facts).map(([name, value]) => {
            const pair = make("div", "");
            pair.append(make("dt", name), make("dd", String(value)));
            return pair;
        }));
    }
}

function start() {
    const visit = new Visit(new URLSearchParams(location.search));
    element("role").addEventListener("click", () => visit.changeRole());
    element("view").addEventListener("click", () => visit.changeView());
    window.addEventListener("keydown", (event) => {
        const flags = visit.inputs?.flagsOfKey.get(event.code) ?? [];
        if (flags.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        if (!event.repeat) for (const flag of flags) visit.inputs?.press(flag, event.code);
    });
    window.addEventListener("keyup", (event) => visit.inputs?.release(event.code));
    window.addEventListener("blur", () => visit.inputs?.releaseAll());
    document.addEventListener("visibilitychange", () => visit.inputs?.releaseAll());
    // What a browser test or a curious person may look at.
    Object.defineProperty(window, "hyoshi", {
        value: Object.freeze({
            get seat() { return visit.seat; },
            get tick() { return visit.snapshots?.tick ?? 0; },
            get prediction() {
                return visit.predicted?.welcome ? visit.predicted.statistics().prediction : null;
            },
            get counts() { return { ...visit.counts }; },
            /** Every kind's rows: [id, numbers]. */
            get kinds() {
                return (visit.snapshots?.newest ?? []).map((rows, index) => ({
                    name: visit.snapshots?.kinds[index].name, rows: [...rows],
                }));
            },
        }),
    });
    visit.connect();
    const refresh = (/** @type {number} */ now) => {
        visit.refresh(now);
        window.requestAnimationFrame(refresh);
    };
    window.requestAnimationFrame(refresh);
}

start();
