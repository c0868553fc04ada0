/** The page: it joins a room, sends what the player does, and draws what the core shows. */

import { ArenaView } from "./arena.js";
import { BeatStrip } from "./beat.js";
import { Connection, SeatMemory } from "./connection.js";
import { HeadUpDisplay } from "./hud.js";
import { HyoshiError, boundedName, loadCore } from "./hyoshi.js";
import { Controls, inputNumbers } from "./input.js";
import { NetcodePanel } from "./netcode.js";
import { seatColor } from "./palette.js";
import { Renderer } from "./render.js";

/** @typedef {import("./arena.js").Happening} Happening */
/** @typedef {import("./arena.js").Ship} Ship */
/** @typedef {import("./hud.js").RosterEntry} RosterEntry */
/** @typedef {import("./hyoshi.js").Core} Core */
/** @typedef {import("./hyoshi.js").Room} Room */
/** @typedef {import("./hyoshi.js").View} View */

/** The rules of the only game that this page draws. */
const MODULE = "/modules/arena.wasm";

/** One visit to one room. */
class Game {
    /**
     * @param {Core} core
     * @param {HeadUpDisplay} display
     * @param {string} roomName
     * @param {string} game
     */
    constructor(core, display, roomName, game) {
        this.core = core;
        this.display = display;
        this.roomName = roomName;
        this.game = game;
        const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("arena"));
        const map = /** @type {HTMLElement} */ (document.getElementById("map"));
        this.renderer = new Renderer(canvas, map);
        this.controls = new Controls(canvas, () => this.ownHeading());
        this.beat = new BeatStrip(
            /** @type {HTMLElement} */ (document.getElementById("beat")), roomName);
        /** What the panel adds to the network. */
        this.delay = { latencyMilliseconds: 0, jitterMilliseconds: 0, stallMilliseconds: 0 };
        this.panel = new NetcodePanel(this.delay, (isOn) => this.room?.setPrediction(isOn));
        /** @type {Connection | null} */
        this.connection = null;
        /** @type {Room | null} */
        this.room = null;
        /** @type {SeatMemory | null} */
        this.memory = null;
        /** @type {ArenaView | null} */
        this.view = null;
        /** @type {Map<number, RosterEntry>} */
        this.roster = new Map();
        /** What was drawn last. @type {import("./render.js").Scene | null} */
        this.scene = null;
        /** @type {Map<number, number>} */
        this.shotsFired = new Map();
        this.counts = { snapshots: 0, inputs: 0, resumed: 0, pictures: 0 };
        this.drawnAt = NaN;
        this.scoresAt = 0;
        this.isFirstPicture = true;
        /** The leader whom a spectator watches. */
        this.watchedSeat = -1;
    }

    get seat() {
        return this.room?.seat ?? null;
    }

    /**
     * @param {string} name
     * @param {boolean} spectates
     */
    join(name, spectates) {
        const scheme = location.protocol === "https:" ? "wss:" : "ws:";
        const query = this.game === "" ? "" : `?game=${encodeURIComponent(this.game)}`;
        const url =
            `${scheme}//${location.host}/rooms/${encodeURIComponent(this.roomName)}${query}`;
        this.memory = new SeatMemory(url);
        const { resumption } = this.memory;
        this.room?.free();
        this.room = this.core.makeRoom({ name, spectate: spectates, resumption });
        this.room.setPrediction(this.panel.predicts);
        this.view = null;
        this.roster = new Map();
        this.display.enterGame();
        this.connection = new Connection(url, this.delay, {
            opened: (now) => {
                this.room?.opened(now);
                this.flush(now);
            },
            message: (bytes, now) => this.receive(bytes, now),
            closed: (code) => {
                this.room?.closed(code);
                this.remember();
            },
            changed: (state) => this.connectionChanged(state),
        });
        this.connection.start();
    }

    /** Keeps what a reload of the page needs to come back to the seat. */
    remember() {
        if (this.memory !== null) this.memory.resumption = this.room?.resumption ?? null;
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number} now
     */
    receive(bytes, now) {
        const { room } = this;
        if (room === null) return;
        let outcome;
        try {
            outcome = room.receive(bytes, now);
        } catch (error) {
            if (!(error instanceof HyoshiError)) throw error;
            console.warn("the connection is started anew:", error.message);
            this.connection?.drop();
            return;
        }
        switch (outcome) {
            case "resumed":
                this.counts.resumed += 1;
                this.welcomed(room);
                break;
            case "welcomed": this.welcomed(room); break;
            case "snapshot":
                this.counts.snapshots += 1;
                this.beat.series.arrived(now);
                break;
            case "roster":
                this.roster = new Map(room.roster.map(({ seat, name, state }) =>
                    [seat, { seat, name, isHeld: state === "held" }]));
                break;
            case "event":
                for (const event of room.takeEvents()) this.showEvent(event);
                this.remember();
                break;
            default: break;
        }
        // A hidden page gets no display refreshes: so that the ship does not fly on with the last
        // command for ever, neutral ones go out in the snapshots' rhythm.
        if (document.hidden) this.command(now);
        this.flush(now);
    }

    /** @param {Room} room */
    welcomed(room) {
        const { welcome } = room;
        if (welcome === null) return;
        this.connection?.welcomed();
        this.remember();
        this.view = new ArenaView(welcome.schema);
        this.renderer.camera.worldSize = this.view.worldSize;
        this.beat.period = 1000 / welcome.tickRate;
        this.isFirstPicture = true;
        this.controls.isEnabled = welcome.seat !== null;
        document.body.classList.toggle("spectates", welcome.seat === null);
    }

    /** @param {import("./hyoshi.js").RoomEvent} event */
    showEvent({ payload, sender }) {
        if (typeof payload !== "string" || payload === "") return;
        const who = sender === null ? [] : [this.who(sender)];
        this.display.notice([...who, { text: `: ${payload.slice(0, 140)}` }]);
    }

    /** Gives the core what the player wants now. @param {number} now */
    command(now) {
        const { room, controls } = this;
        if (room === null || room.seat === null || room.schema === null) return;
        const numbers = inputNumbers(controls.actions(), room.schema.inputFields);
        if (!room.command(numbers, now)) return;
        controls.used();
        this.counts.inputs += 1;
    }

    /** Sends what the core wants sent. @param {number} now */
    flush(now) {
        for (const message of this.room?.takeOutgoing(now) ?? []) this.connection?.send(message);
    }

    /** @param {import("./connection.js").ConnectionState} state */
    connectionChanged(state) {
        document.body.dataset.connection = state;
        if (state === "joined") return;
        this.controls.release();
        this.controls.isEnabled = false;
        this.beat.series.interrupt();
        if (state !== "ended") return;
        const ending = this.connection === null ? "" : this.display.endingText(this.connection);
        this.view = null;
        this.scene = null;
        this.display.askName(
            this.roomName, ending, (name, spectates) => this.join(name, spectates));
    }

    /** Gives up the seat and returns to the card. */
    leave() {
        const { room, connection } = this;
        if (room === null || connection === null) return;
        room.leave();
        const last = room.takeOutgoing(performance.now());
        if (this.memory !== null) this.memory.resumption = null;
        connection.end(last);
    }

    /**
     * One display refresh.
     * @param {number} now milliseconds
     */
    refresh(now) {
        const seconds = Number.isNaN(this.drawnAt) ? 0 : Math.min(0.1, (now - this.drawnAt) / 1000);
        this.drawnAt = now;
        const { controls, connection } = this;
        if (connection?.state === "joined") {
            this.command(now);
            this.flush(now);
        }
        this.scene = this.nextScene(now);
        if (this.scene !== null) this.moveCamera(this.scene.ships, seconds);
        this.renderer.draw(this.scene, controls, seconds);
        this.counts.pictures += 1;
        this.beat.draw(now);
        if (connection !== null) this.display.showStatus(connection, now);
        if (connection !== null && this.room !== null && this.room.welcome !== null) {
            this.panel.update(
                now, connection.traffic, this.room.statistics(now), this.view?.lengthScale ?? 1);
        }
        if (now - this.scoresAt > 200) {
            this.scoresAt = now;
            this.showNumbers(now);
        }
    }

    /**
     * What is to be drawn, and what has happened since the last picture.
     * @param {number} now
     * @returns {import("./render.js").Scene | null}
     */
    nextScene(now) {
        const { room, view } = this;
        if (room === null || view === null) return null;
        const shown = room.view(now);
        if (shown === null) return null;
        const scene = {
            ships: view.shipsIn(shown), shots: view.shotsIn(shown), rocks: view.rocksIn(shown),
            ghosts: /** @type {Ship[]} */ ([]),
            tick: shown.remoteTick, ownTick: shown.predictedTick, seat: room.seat,
            name: (/** @type {number} */ seat) => this.name(seat),
            isHeld: (/** @type {number} */ seat) => this.roster.get(seat)?.isHeld === true,
        };
        const happenings = view.happenings(room.changes(), shown, now);
        if (!this.isFirstPicture) this.playHappenings(happenings);
        for (const verdict of view.verdicts(now)) this.announce(verdict);
        if (this.panel.showsGhosts) scene.ghosts = this.newestShips();
        return scene;
    }

    /** The ships as the newest snapshot has them. @returns {Ship[]} */
    newestShips() {
        const ghosts = this.room?.ghosts() ?? null;
        return ghosts === null || this.view === null ? [] : this.view.shipsIn(ghosts);
    }

    /** The own ship as it is shown. @returns {Ship | null} */
    shownShip() {
        const { seat } = this;
        if (seat === null) return null;
        return this.scene?.ships.find((ship) => ship.seat === seat) ?? null;
    }

    /** Where the own ship points, in turns; null where there is none. */
    ownHeading() {
        const ship = this.shownShip();
        return ship === null || ship.health === 0 ? null : ship.heading;
    }

    /**
     * @param {Ship[]} ships
     * @param {number} seconds
     */
    moveCamera(ships, seconds) {
        const { camera } = this.renderer;
        const own = ships.find((ship) => ship.seat === this.seat);
        if (own !== undefined) {
            const distance = Math.hypot(
                camera.difference(camera.x, own.x), camera.difference(camera.y, own.y));
            const isNear = distance < 60;
            const share = this.isFirstPicture || isNear ? 1 : 1 - Math.exp(-seconds * 7);
            camera.follow(own.x, own.y, share);
            this.isFirstPicture = false;
            return;
        }
        const watched = this.watchedShip(ships);
        if (watched === null) return;
        const share = this.isFirstPicture ? 1 : 1 - Math.exp(-seconds * 4);
        camera.follow(watched.x, watched.y, share);
        this.isFirstPicture = false;
    }

    /**
     * Whom a spectator watches: the leader; another one only when the watched one is gone.
     * @param {Ship[]} ships
     */
    watchedShip(ships) {
        const alive = ships.filter((ship) => ship.health > 0);
        const watched = alive.find((ship) => ship.seat === this.watchedSeat);
        if (watched !== undefined) return watched;
        const leader = alive.reduce(
            (best, ship) => (best === null || ship.score > best.score ? ship : best),
            /** @type {Ship | null} */ (null));
        this.watchedSeat = leader?.seat ?? -1;
        return leader;
    }

    /** @param {Happening[]} happenings */
    playHappenings(happenings) {
        const { seat } = this;
        for (const happening of happenings) {
            this.renderer.effects.show(happening, seat);
            if (happening.type === "shotFired") {
                const fired = this.shotsFired.get(happening.seat) ?? 0;
                this.shotsFired.set(happening.seat, fired + 1);
            }
            if (happening.seat !== seat) continue;
            if (happening.type === "hit") this.renderer.camera.kick(5);
            if (happening.type === "shipDestroyed") this.renderer.camera.kick(12);
        }
    }

    /** @param {import("./arena.js").Verdict} verdict */
    announce({ victim, victor }) {
        if (victor < 0) {
            this.display.notice([this.who(victim), { text: " hit a rock" }]);
        } else {
            this.display.notice([this.who(victor), { text: " shot " }, this.who(victim)]);
        }
    }

    /** @param {number} seat */
    name(seat) {
        const name = this.roster.get(seat)?.name ?? "";
        return name === "" ? `Seat ${seat}` : name;
    }

    /** @param {number} seat */
    who(seat) {
        return { text: this.name(seat), color: seatColor(seat, this.seat) };
    }

    /** Brings the numbers around the picture up to date. @param {number} now */
    showNumbers(now) {
        const { room, display, seat } = this;
        display.showScores(this.newestShips(), this.roster, seat);
        const isJoined = this.connection?.state === "joined";
        const trip = room?.welcome ? room.statistics(now).roundTripMilliseconds : null;
        display.showRoundTrip(isJoined && trip !== null ? `${trip.toFixed(0)} ms` : "–");
        const own = this.shownShip();
        if (own === null || own.health > 0 || !isJoined || this.scene === null) {
            display.showMiddle("");
            return;
        }
        const ticks = Math.max(0, own.untilTick - this.scene.ownTick);
        display.showMiddle(`Back in ${Math.ceil(ticks / (room?.tickRate ?? 60))}`);
    }
}

/**
 * What a browser test or a curious person may look at; nothing here changes the game.
 * @param {Game} game
 */
function inspector(game) {
    const newestTick = () => (game.room?.welcome ? game.room.statistics().newestTick : 0);
    return Object.freeze({
        get connection() {
            const { connection } = game;
            return {
                state: connection?.state ?? "idle", attempt: connection?.attempt ?? 0,
                waits: [...(connection?.waits ?? [])], closeCode: connection?.closeCode ?? 0,
            };
        },
        get room() { return game.room?.welcome?.room ?? ""; },
        get seat() { return game.seat; },
        get tick() { return newestTick(); },
        get roster() { return [...game.roster.values()].map((entry) => ({ ...entry })); },
        /** The ships as the server has them, by the newest snapshot. */
        get ships() { return game.newestShips(); },
        get ownShip() {
            return game.newestShips().find((ship) => ship.seat === game.seat) ?? null;
        },
        /** Shots fired since the page was opened, by seat. */
        get shotsFired() { return Object.fromEntries(game.shotsFired); },
        get rocks() { return game.scene?.rocks ?? []; },
        /** The ships, the own ship and the ghosts as they were drawn last. */
        get drawnShips() { return game.scene?.ships ?? []; },
        get drawnOwnShip() { return game.shownShip(); },
        get drawnGhosts() { return game.scene?.ghosts ?? []; },
        get drawnShots() { return game.scene?.shots ?? []; },
        get usesTouch() { return game.controls.usesTouch; },
        get netcode() { return game.room?.welcome ? game.room.statistics() : null; },
        get stats() {
            return {
                ...game.counts, ...game.connection?.traffic,
                arrivals: game.beat.series.summary(), hasServerBeat: game.beat.server !== null,
            };
        },
        dropConnection() { game.connection?.drop(); },
    });
}

/** Starts the page: the module first, for without it there is nothing to play with. */
async function start() {
    const query = new URLSearchParams(location.search);
    const wanted = query.get("room") ?? "";
    const room = /^[A-Za-z0-9._-]{1,48}$/.test(wanted) ? wanted : "lobby";
    document.title = `${room} · Hyoshi`;
    const roomLabel = document.getElementById("room");
    if (roomLabel !== null) roomLabel.textContent = room;
    const display = new HeadUpDisplay();
    const spectates = query.has("spectate");
    const name = boundedName(query.get("name") ?? "");
    // The card can be filled in while the module is still on its way.
    const wish = name !== "" || spectates ? Promise.resolve({ name, spectates })
        : new Promise((/** @type {(wish: {name: string, spectates: boolean}) => void} */ decide) => {
            display.askName(room, "", (chosen, watches) => {
                decide({ name: chosen, spectates: watches });
            });
        });
    let core;
    try {
        core = await loadCore(MODULE);
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        display.refuse(room, reason.includes("404")
            ? "This server has no WebAssembly module of the game. Run `make web`, and start it with "
                + "`hyoshi serve --web .build/web`; `make run` does both."
            : `This browser cannot run the game's module: ${reason}`);
        return;
    }
    const game = new Game(core, display, room, query.get("game") ?? "arena");
    Object.defineProperty(window, "hyoshi", { value: inspector(game) });
    document.getElementById("leave")?.addEventListener("click", () => game.leave());
    window.addEventListener("keydown", (event) => {
        if (document.body.dataset.stage !== "game") return;
        if (event.code === "Escape") game.leave();
        const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
        if (event.code === "KeyN" && isPlain) game.panel.toggle();
    });
    document.addEventListener("visibilitychange", () => game.controls.release());
    window.addEventListener("pagehide", () => game.remember());
    wish.then((player) => game.join(player.name, player.spectates));
    game.beat.poll();
    const refresh = (/** @type {number} */ now) => {
        game.refresh(now);
        window.requestAnimationFrame(refresh);
    };
    window.requestAnimationFrame(refresh);
}

start();
