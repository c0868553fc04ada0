/**
 * The page of a recording:
 *
 *     /replay                                 choose a file, or drop one
 *     /replay?file=/recording.hyoshi&tick=600 one that this server has, at a tick
 */

import { HyoshiError } from "./hyoshi.js";
import { seatColor } from "./palette.js";
import { ArenaPicture, PlainPicture, Points, nameOf } from "./replay-pictures.js";
import { FILE_BYTES_MAXIMUM, openReplay } from "./replay.js";
import { Timeline, clock } from "./timeline.js";

/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./hyoshi.js").View} View */

const SPEEDS = Object.freeze([0.25, 0.5, 1, 2, 4, 8, 16]);
/** Of a picture's time, what the comparison may take: more while nothing moves. */
const COMPARE_MILLISECONDS = Object.freeze({ playing: 4, paused: 10 });
const SLOW_MILLISECONDS = 120;
const SKIP_SECONDS = 5;
/** How far a finger may slip in a tap. */
const TAP_PIXELS = 6;

/** @param {string} id @returns {HTMLElement} */
function element(id) {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page lacks #${id}`);
    return found;
}

/** @param {string} tag @param {string} className @param {string} content */
function make(tag, className, content) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = content;
    return made;
}

/** @param {string} id @param {string} text */
function write(id, text) {
    const place = element(id);
    if (place.textContent !== text) place.textContent = text;
}

/** A recording that is open. */
class Session {
    /** @param {Replay} replay @param {number} tick */
    constructor(replay, tick) {
        this.replay = replay;
        // A canvas of its own, for it may have had another game's transforms.
        const old = /** @type {HTMLCanvasElement} */ (element("arena"));
        const canvas = /** @type {HTMLCanvasElement} */ (old.cloneNode());
        old.replaceWith(canvas);
        const isArena = replay.recording.game.startsWith("arena");
        document.body.classList.toggle("plain-picture", !isArena);
        this.canvas = canvas;
        this.picture = isArena
            ? new ArenaPicture(replay, canvas, element("map"), element("deck"))
            : new PlainPicture(replay, canvas);
        this.points = new Points(replay);
        this.position = tick;
        this.isPlaying = false;
        this.isHeld = false;
        this.speed = 1;
        /** @type {number | "leader" | "none"} */
        this.follow = "leader";
        this.isJump = true;
        this.isWaiting = false;
        /** @type {View | null} */
        this.view = null;
        this.slowAt = 0;
        this.boardKey = "";
    }

    /** @param {number} position */
    seek(position) {
        const { lastTick } = this.replay;
        this.position = Math.min(lastTick, Math.max(0, position));
        this.isJump = true;
    }

    /** Whole ticks, forwards or back. @param {number} ticks */
    step(ticks) {
        this.isPlaying = false;
        const from = ticks < 0 ? Math.ceil(this.position) : Math.floor(this.position);
        const isOn = ticks === 1;
        this.seek(from + ticks);
        // A step forwards shows what happens on it.
        if (isOn) this.isJump = false;
    }

    toggle() {
        this.isPlaying = !this.isPlaying;
        if (this.isPlaying && this.position >= this.replay.lastTick) this.seek(0);
    }

    /** @param {number} by places in the list of speeds */
    changeSpeed(by) {
        const place = SPEEDS.indexOf(this.speed) + by;
        this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))];
    }

    /** The seat whose doings stand out; null for none. */
    get followed() {
        if (typeof this.follow === "number") return this.follow;
        if (this.follow === "none" || !(this.picture instanceof ArenaPicture)) return null;
        return this.picture.watched < 0 ? null : this.picture.watched;
    }

    /**
     * One display refresh.
     * @param {number} seconds since the last one
     * @param {number} now milliseconds
     */
    refresh(seconds, now) {
        const { replay } = this;
        const moves = this.isPlaying && !this.isHeld;
        if (moves && !this.isWaiting) {
            this.position = Math.min(
                replay.lastTick, this.position + seconds * replay.tickRate * this.speed);
        }
        const view = replay.show(this.position);
        this.isWaiting = view === null;
        if (view !== null) {
            const changes = replay.changes();
            if (this.isJump) this.picture.jump();
            this.picture.draw(view, this.isJump ? [] : changes, this.follow, moves ? seconds : 0, now);
            this.isJump = false;
            this.view = view;
        }
        if (moves && this.position >= replay.lastTick) this.isPlaying = false;
        replay.compare(moves ? COMPARE_MILLISECONDS.playing : COMPARE_MILLISECONDS.paused);
    }
}

/** The whole page. */
class Page {
    constructor() {
        /** @type {Session | null} */
        this.session = null;
        this.wasPlaying = false;
        this.drawnAt = NaN;
        /** The newest wish to open a file: older ones are of no interest any more. */
        this.opening = 0;
        this.timeline = new Timeline(element("timeline"), {
            scrub: (tick) => this.session?.seek(tick),
            hold: () => {
                if (this.session !== null) this.session.isHeld = true;
            },
            release: () => {
                if (this.session !== null) this.session.isHeld = false;
            },
        });
        this.listen();
    }

    // MARK: Opening

    /**
     * @param {() => Promise<Uint8Array>} load
     * @param {{tick: number, plays: boolean}} start
     */
    async open(load, start) {
        this.opening += 1;
        const ticket = this.opening;
        this.session = null;
        document.body.dataset.stage = "card";
        element("progress").hidden = false;
        this.say("");
        const bar = /** @type {HTMLElement} */ (element("progress").firstElementChild);
        try {
            const bytes = await load();
            const replay = await openReplay(bytes, loadModule, {
                progress: (share) => {
                    if (ticket !== this.opening) throw new HyoshiError("another file was chosen");
                    bar.style.setProperty("width", `${Math.round(100 * share)}%`);
                },
            });
            if (ticket !== this.opening) return;
            if (replay.lastTick === 0) throw new HyoshiError("the recording holds no tick");
            this.enter(replay, start);
        } catch (error) {
            if (ticket !== this.opening) return;
            this.refuse(error);
        } finally {
            if (ticket === this.opening) element("progress").hidden = true;
        }
    }

    /** @param {unknown} error */
    refuse(error) {
        const text = error instanceof Error ? error.message : String(error);
        if (!(error instanceof HyoshiError)) console.error(error);
        const isMissing = text.includes("status 404");
        const reason = isMissing
            ? "This server has no module for this recording's game. `make web` builds them; "
                + "`--web` says where they are."
            : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
        this.say(reason);
    }

    /** @param {string} text */
    say(text) {
        write("join-message", text);
    }

    /** @param {string} address */
    openAddress(address) {
        const query = new URLSearchParams(location.search);
        const tick = Number(query.get("tick") ?? "0");
        this.open(async () => {
            let response;
            try {
                response = await fetch(address);
            } catch {
                throw new HyoshiError(`${address} cannot be loaded`);
            }
            if (!response.ok) {
                throw new HyoshiError(
                    response.status === 404 ? `there is no ${address}`
                        : `${address} cannot be loaded: status ${response.status}`);
            }
            return boundedBody(response);
        }, { tick: Number.isSafeInteger(tick) ? tick : 0, plays: !query.has("tick") });
    }

    /** @param {File} file */
    openFile(file) {
        this.open(async () => {
            if (file.size > FILE_BYTES_MAXIMUM) {
                throw new HyoshiError(`${file.name} has more than 64 MiB; \`hyoshi replay\` reads it`);
            }
            return new Uint8Array(await file.arrayBuffer());
        }, { tick: 0, plays: true });
    }

    /** @param {Replay} replay @param {{tick: number, plays: boolean}} start */
    enter(replay, { tick, plays }) {
        document.body.dataset.stage = "game";
        const { recording } = replay;
        const session = new Session(replay, 0);
        session.seek(tick);
        session.isPlaying = plays;
        this.session = session;
        this.timeline.open(replay);
        document.title = `${recording.room} · ${recording.game} · Hyoshi replay`;
        write("what", `${recording.room} · ${recording.game}`);
        write("when", recording.startedAt > 0
            ? new Date(recording.startedAt).toLocaleString("en-GB", {
                dateStyle: "medium", timeStyle: "short",
            }) : "");
        write("length", clock(replay.lastTick / replay.tickRate, 0));
        element("details").hidden = true;
        this.chooseFollow("leader");
        this.listenToCanvas(session);
        this.buildWants(replay);
        this.showSlow(session);
    }

    // MARK: Acting

    listen() {
        const act = (/** @type {string} */ id, /** @type {(session: Session) => void} */ action) => {
            element(id).addEventListener("click", () => {
                if (this.session === null) return;
                action(this.session);
                element(id).blur();
            });
        };
        act("play", (session) => session.toggle());
        act("to-start", (session) => session.seek(0));
        act("to-end", (session) => session.seek(session.replay.lastTick));
        act("step-back", (session) => session.step(-1));
        act("step-on", (session) => session.step(1));
        act("slower", (session) => session.changeSpeed(-1));
        act("faster", (session) => session.changeSpeed(1));
        act("verdict", () => this.toggleDetails());
        act("another", () => {
            this.opening += 1;
            this.session = null;
            document.body.dataset.stage = "card";
            this.say("");
        });
        element("views").addEventListener("click", (event) => {
            const button = /** @type {HTMLElement} */ (event.target).closest("button");
            const follow = button?.dataset.follow;
            if (follow === "leader" || follow === "none") this.chooseFollow(follow);
        });
        const input = /** @type {HTMLInputElement} */ (element("file"));
        input.addEventListener("change", () => {
            const [file] = input.files ?? [];
            if (file !== undefined) this.openFile(file);
            input.value = "";
        });
        element("join").addEventListener("submit", (event) => event.preventDefault());
        this.listenToDrops();
        window.addEventListener("keydown", (event) => this.keyPressed(event));
    }

    listenToDrops() {
        const drops = (/** @type {DragEvent} */ event, /** @type {boolean} */ isOver) => {
            event.preventDefault();
            document.body.classList.toggle("dropping", isOver);
        };
        window.addEventListener("dragover", (event) => drops(event, true));
        window.addEventListener("dragleave", (event) => drops(event, event.relatedTarget !== null));
        window.addEventListener("drop", (event) => {
            drops(event, false);
            const file = event.dataTransfer?.files[0];
            if (file !== undefined) this.openFile(file);
        });
    }

    /** Dragging looks elsewhere, a wheel or two fingers nearer or farther, a tap plays and pauses. */
    listenToCanvas(/** @type {Session} */ session) {
        const { canvas, picture } = session;
        /** @type {Map<number, {x: number, y: number}>} */
        const pointers = new Map();
        let way = 0;
        canvas.addEventListener("pointerdown", (event) => {
            canvas.setPointerCapture(event.pointerId);
            if (pointers.size === 0) way = 0;
            pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
        });
        canvas.addEventListener("pointermove", (event) => {
            const before = pointers.get(event.pointerId);
            if (before === undefined) return;
            const [x, y] = [event.clientX - before.x, event.clientY - before.y];
            const [other] = [...pointers].filter(([id]) => id !== event.pointerId);
            if (other !== undefined) {
                const [, { x: otherX, y: otherY }] = other;
                const length = Math.hypot(before.x - otherX, before.y - otherY);
                const now = Math.hypot(event.clientX - otherX, event.clientY - otherY);
                if (length > 0) picture.zoomBy(now / length);
            }
            way += Math.hypot(x, y);
            pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
            if (way < TAP_PIXELS || other !== undefined) return;
            if (session.follow !== "none") this.chooseFollow("none", false);
            document.body.classList.add("dragging");
            picture.drag(x, y);
        });
        const end = (/** @type {PointerEvent} */ event) => {
            if (!pointers.delete(event.pointerId)) return;
            document.body.classList.remove("dragging");
            if (event.type === "pointerup" && way < TAP_PIXELS) session.toggle();
        };
        canvas.addEventListener("pointerup", end);
        canvas.addEventListener("pointercancel", end);
        canvas.addEventListener("wheel", (event) => {
            event.preventDefault();
            picture.zoomBy(Math.exp(-event.deltaY * 0.0012));
        }, { passive: false });
    }

    /** @param {KeyboardEvent} event */
    keyPressed(event) {
        const { session } = this;
        if (session === null || event.ctrlKey || event.metaKey || event.altKey) return;
        const skip = SKIP_SECONDS * session.replay.tickRate;
        /** @type {Record<string, () => void>} */
        const actions = {
            Space: () => { if (!event.repeat) session.toggle(); },
            ArrowLeft: () => (event.shiftKey ? session.seek(session.position - skip)
                : session.step(-1)),
            ArrowRight: () => (event.shiftKey ? session.seek(session.position + skip)
                : session.step(1)),
            ArrowUp: () => session.changeSpeed(1),
            ArrowDown: () => session.changeSpeed(-1),
            PageUp: () => session.seek(session.position - 6 * skip),
            PageDown: () => session.seek(session.position + 6 * skip),
            Home: () => session.seek(0),
            End: () => session.seek(session.replay.lastTick),
            KeyF: () => this.followNext(),
            Escape: () => this.chooseFollow("leader"),
        };
        const action = actions[event.code];
        if (action === undefined) return;
        event.preventDefault();
        action();
    }

    followNext() {
        const seats = [...this.session?.replay.seats().keys() ?? []];
        if (seats.length === 0 || this.session === null) return;
        const { followed } = this.session;
        this.chooseFollow(seats[(seats.indexOf(followed ?? -1) + 1) % seats.length]);
    }

    /** @param {number | "leader" | "none"} follow @param {boolean} zooms */
    chooseFollow(follow, zooms = true) {
        const { session } = this;
        if (session === null) return;
        session.follow = follow;
        const { picture } = session;
        if (zooms && picture instanceof ArenaPicture) {
            if (follow === "none") picture.showAll();
            else picture.zoom = 1;
        }
        for (const button of element("views").querySelectorAll("button")) {
            button.setAttribute("aria-pressed", String(button.dataset.follow === String(follow)));
        }
        session.boardKey = "";
    }

    // MARK: Showing

    /** @param {number} now milliseconds */
    refresh(now) {
        const seconds = Number.isNaN(this.drawnAt) ? 0 : Math.min(0.1, (now - this.drawnAt) / 1000);
        this.drawnAt = now;
        const { session } = this;
        if (session === null) return;
        try {
            session.refresh(seconds, now);
        } catch (error) {
            // A recording that makes the rules stumble, or takes all memory, ends its own page only.
            this.session = null;
            document.body.dataset.stage = "card";
            this.refuse(error);
            return;
        }
        const { replay } = session;
        document.body.classList.toggle("playing", session.isPlaying);
        this.timeline.draw(session.position, session.followed);
        write("time", clock(session.position / replay.tickRate, 1));
        write("tick", `tick ${Math.ceil(session.position).toLocaleString("en")}`);
        write("speed", `${session.speed} ×`);
        element("play").setAttribute("aria-label", session.isPlaying ? "Pause" : "Play");
        if (now - session.slowAt < SLOW_MILLISECONDS) return;
        session.slowAt = now;
        this.showSlow(session);
    }

    /** @param {Session} session */
    showSlow(session) {
        this.showVerdict(session.replay);
        if (session.view !== null) this.showBoard(session, session.view);
        this.showWants(session);
    }

    /** @param {Replay} replay */
    showVerdict(replay) {
        const different = replay.firstDifferentTick;
        const { ending } = replay.recording;
        const button = element("verdict");
        const count = (/** @type {number} */ tick) => tick.toLocaleString("en");
        let state = "comparing";
        let text = `same up to tick ${count(replay.comparedTick)}`;
        if (different !== null) {
            state = "differs";
            text = `differs from tick ${count(different)}`;
        } else if (replay.isCompared) {
            state = ending === "damaged" ? "damaged" : "same";
            text = `all ${count(replay.comparedTick)} ticks the same`;
            if (ending === "damaged") text = `damaged behind tick ${count(replay.lastTick)}`;
            if (ending === "torn") text = `same up to the tear at tick ${count(replay.lastTick)}`;
            const senseless = replay.damagedStateTick;
            if (senseless !== null) {
                state = "damaged";
                text = `damaged: the full state at tick ${count(senseless)} makes no sense`;
            }
        }
        button.dataset.state = state;
        write("verdict", text);
    }

    toggleDetails() {
        const details = element("details");
        const { session } = this;
        details.hidden = !details.hidden;
        element("verdict").setAttribute("aria-expanded", String(!details.hidden));
        if (details.hidden || session === null) return;
        const { recording } = session.replay;
        const facts = /** @type {[string, string][]} */ ([
            ["room", recording.room], ["game", recording.game], ["build", recording.build],
            ["seed", recording.seed], ["tick rate", `${recording.tickRate} Hz`],
            ["ticks", recording.ticks.toLocaleString("en")],
            ["joins, leaves", `${recording.joins}, ${recording.leaves}`],
            ["checks", `${recording.checks}, and an octet for every tick`],
            ["full states", String(recording.states)],
            ["size", `${recording.byteCount.toLocaleString("en")} bytes`],
            ["ending", {
                complete: "complete", sizeLimit: "at a limit of size, before its room",
                fellBehind: "before its room: more was to be written than may wait",
                torn: "cut off, as after a crash: all before it is whole",
                damaged: "damaged: what follows is not shown",
            }[recording.ending]],
        ]);
        const list = document.createElement("dl");
        for (const [name, value] of facts) list.append(make("dt", "", name), make("dd", "", value));
        details.replaceChildren(...this.differenceLines(session.replay), list);
    }

    /** @param {Replay} replay */
    differenceLines(replay) {
        const found = replay.difference();
        if (found === null) return [];
        const name = (/** @type {{kind: string, field: string | null}} */ { kind, field }) =>
            (field === null ? kind : `${kind}.${field}`);
        const lines = [`These rules come to another state than was recorded, at tick ${found.tick}.`];
        if (found.checkTick !== null) {
            const columns = found.columns.map(name).join(", ");
            lines.push(`At tick ${found.checkTick} differ: ${columns || "no wire numbers"}.`);
        }
        const list = document.createElement("ul");
        for (const value of found.values) {
            list.append(make("li", "", `${name(value)} of ${value.id}: `
                + `${value.recorded ?? "nothing"} was recorded, is ${value.replayed ?? "nothing"}`));
        }
        return [...lines.map((line) => make("p", "bad", line)), list];
    }

    /** @param {Session} session @param {View} view */
    showBoard(session, view) {
        const points = session.points.read(view);
        const rows = [...session.replay.seats().keys()]
            .map((seat) => ({ seat, score: points.get(seat) ?? null }))
            .sort((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.seat - b.seat);
        const { followed } = session;
        const key = JSON.stringify([rows, followed, session.follow]);
        if (key === session.boardKey) return;
        session.boardKey = key;
        element("board-rows").replaceChildren(...rows.map(({ seat, score }, index) => {
            const item = document.createElement("li");
            const button = make("button", "row", "");
            button.setAttribute("type", "button");
            button.setAttribute("aria-pressed", String(seat === followed));
            const dot = make("span", "dot", "");
            dot.style.setProperty("background", seatColor(seat, null));
            button.append(
                make("span", "rank", String(index + 1)), dot, make("span", "name", nameOf(seat)),
                make("span", "score", score === null ? "" : String(score)));
            button.addEventListener("click", () =>
                this.chooseFollow(session.follow === seat ? "leader" : seat));
            item.append(button);
            return item;
        }));
    }

    /** A lamp for each flag of an input. @param {Replay} replay */
    buildWants(replay) {
        const lamps = replay.recording.schema.inputFields.flatMap((field, position) =>
            (field.use !== "flags" ? []
                : field.unit.split(" ").filter((name) => name !== "").slice(0, 12)
                    .map((name, bit) => {
                        const lamp = make("span", "", name);
                        lamp.dataset.flag = `${position} ${bit}`;
                        return lamp;
                    })));
        element("wants").replaceChildren(...lamps);
    }

    /** @param {Session} session */
    showWants({ followed, replay }) {
        const numbers = followed === null ? undefined : replay.seats().get(followed);
        const place = element("wants");
        place.hidden = numbers === undefined;
        if (numbers === undefined) return;
        for (const lamp of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("span"))) {
            const [position, bit] = (lamp.dataset.flag ?? "0 0").split(" ").map(Number);
            lamp.classList.toggle("on", (numbers[position] & (1 << bit)) !== 0);
        }
    }
}

/**
 * The module for a game's recordings; one game may be offered under several names, `arena-large`.
 * @param {string} game
 */
async function loadModule(game) {
    const response = await fetch(`/modules/${game}-replay.wasm`);
    const [family] = game.split("-");
    return response.ok || family === game ? response : fetch(`/modules/${family}-replay.wasm`);
}

/**
 * A body of no more bytes than a page reads.
 * @param {Response} response
 */
async function boundedBody(response) {
    const reader = response.body?.getReader();
    /** @type {Uint8Array[]} */
    const pieces = [];
    let count = 0;
    for (;;) {
        const { done, value } = await (reader?.read() ?? { done: true, value: undefined });
        if (done || value === undefined) break;
        pieces.push(value);
        count += value.length;
        if (count > FILE_BYTES_MAXIMUM) {
            reader?.cancel();
            throw new HyoshiError("the recording has more than 64 MiB; `hyoshi replay` reads it");
        }
    }
    const bytes = new Uint8Array(count);
    let start = 0;
    for (const piece of pieces) {
        bytes.set(piece, start);
        start += piece.length;
    }
    return bytes;
}

function start() {
    const page = new Page();
    // What a browser test or a curious person may look at.
    Object.defineProperty(window, "hyoshi", {
        value: Object.freeze({
            get recording() { return page.session?.replay.recording ?? null; },
            get position() { return page.session?.position ?? 0; },
            get tick() { return page.session?.replay.tick ?? 0; },
            get hash() { return page.session?.replay.hash().toString(16) ?? ""; },
            get isPlaying() { return page.session?.isPlaying ?? false; },
            get isWaiting() { return page.session?.isWaiting ?? true; },
            get speed() { return page.session?.speed ?? 0; },
            get follow() { return page.session?.follow ?? null; },
            get comparedTick() { return page.session?.replay.comparedTick ?? 0; },
            get isCompared() { return page.session?.replay.isCompared ?? false; },
            get firstDifferentTick() { return page.session?.replay.firstDifferentTick ?? null; },
            get marks() { return [...page.session?.replay.marks ?? []]; },
            /** Goes to a tick and says how long that took, in milliseconds. */
            measureSeek(/** @type {number} */ tick) {
                const started = performance.now();
                while (page.session !== null && page.session.replay.show(tick, 1000) === null);
                page.session?.seek(tick);
                return performance.now() - started;
            },
        }),
    });
    const address = new URLSearchParams(location.search).get("file");
    if (address !== null) page.openAddress(address);
    const refresh = (/** @type {number} */ now) => {
        page.refresh(now);
        window.requestAnimationFrame(refresh);
    };
    window.requestAnimationFrame(refresh);
}

start();
