/** The page: it joins a room, sends what the player does, and draws what the server says. */

import { ArenaView } from "./arena.js";
import { BeatStrip } from "./beat.js";
import { Connection } from "./connection.js";
import { HeadUpDisplay } from "./hud.js";
import { Controls, inputNumbers } from "./input.js";
import { seatColor } from "./palette.js";
import { boundedName } from "./protocol.js";
import { Renderer } from "./render.js";
import { Session } from "./session.js";

/** @typedef {import("./arena.js").Happening} Happening */
/** @typedef {import("./arena.js").Ship} Ship */

const HAPPENINGS_MAXIMUM = 512;

/** One visit to one room. */
class Game {
    /**
     * @param {string} room
     * @param {string} game
     */
    constructor(room, game) {
        this.room = room;
        this.game = game;
        this.display = new HeadUpDisplay();
        const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("arena"));
        const map = /** @type {HTMLElement} */ (document.getElementById("map"));
        this.renderer = new Renderer(canvas, map);
        this.controls = new Controls(canvas, () => this.view?.headingToCome() ?? null);
        this.beat = new BeatStrip(
            /** @type {HTMLElement} */ (document.getElementById("beat")), room);
        /** @type {Connection | null} */
        this.connection = null;
        this.session = this.makeSession();
        /** @type {ArenaView | null} */
        this.view = null;
        /** What the picture has not reached yet, ascending by tick. @type {Happening[]} */
        this.happenings = [];
        /** @type {Map<number, number>} */
        this.shotsFired = new Map();
        this.drawnAt = NaN;
        this.pictures = 0;
        this.scoresAt = 0;
        this.isFirstPicture = true;
        /** The leader whom a spectator watches. */
        this.watchedSeat = -1;
    }

    makeSession() {
        return new Session({
            welcome: (welcome) => {
                this.connection?.welcomed(welcome.token);
                this.view = new ArenaView(this.session);
                this.renderer.camera.worldSize = this.view.worldSize;
                this.beat.period = 1000 / welcome.tickRate;
                this.happenings = [];
                this.isFirstPicture = true;
                this.controls.isEnabled = welcome.seat !== null;
                document.body.classList.toggle("spectates", welcome.seat === null);
            },
            snapshot: (snapshot, before) => {
                this.beat.series.arrived(performance.now());
                if (before === null || this.view === null) return;
                const found = this.view.happenings(before, snapshot);
                this.happenings.push(...found);
                for (const { type, seat } of found) {
                    if (type !== "shotFired") continue;
                    this.shotsFired.set(seat, (this.shotsFired.get(seat) ?? 0) + 1);
                }
                const excess = this.happenings.length - HAPPENINGS_MAXIMUM;
                if (excess > 0) this.happenings.splice(0, excess);
            },
            event: (event) => {
                if (typeof event.payload !== "string" || event.payload === "") return;
                const who = event.from === null ? [] : [this.who(event.from)];
                this.display.notice([...who, { text: `: ${event.payload.slice(0, 140)}` }]);
            },
        });
    }

    /**
     * @param {string} name
     * @param {boolean} spectates
     */
    join(name, spectates) {
        const scheme = location.protocol === "https:" ? "wss:" : "ws:";
        const query = this.game === "" ? "" : `?game=${encodeURIComponent(this.game)}`;
        const url = `${scheme}//${location.host}/rooms/${encodeURIComponent(this.room)}${query}`;
        this.session = this.makeSession();
        this.view = null;
        this.display.enterGame();
        this.connection = new Connection(url, { name, spectates }, {
            message: (bytes, now) => this.receive(bytes, now),
            changed: (state) => this.connectionChanged(state),
        });
        this.connection.start();
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number} now
     */
    receive(bytes, now) {
        try {
            this.session.receive(bytes, now);
        } catch (error) {
            console.warn("the connection is started anew:", String(error));
            this.connection?.resynchronize();
            return;
        }
        // A hidden page gets no display refreshes: so that the ship does not fly on with the last
        // command for ever, neutral ones go out in the snapshots' rhythm.
        this.send(this.session.outgoing(now, document.hidden ? () => this.sample() : null));
    }

    /** What the player wants of the next tick, as the game's input fields. */
    sample() {
        const fields = this.session.welcome?.schema.inputFields ?? [];
        return inputNumbers(this.controls.take(), fields);
    }

    /** @param {Uint8Array[]} messages */
    send(messages) {
        for (const message of messages) this.connection?.send(message);
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
        this.display.askName(this.room, ending, (name, spectates) => this.join(name, spectates));
    }

    /** Gives up the seat and returns to the card. */
    leave() {
        this.connection?.leave();
    }

    /**
     * One display refresh.
     * @param {number} now milliseconds
     */
    refresh(now) {
        const seconds = Number.isNaN(this.drawnAt) ? 0 : Math.min(0.1, (now - this.drawnAt) / 1000);
        this.drawnAt = now;
        const { session, controls, connection } = this;
        if (connection?.state === "joined") this.send(session.outgoing(now, () => this.sample()));
        session.advance(now);
        const scene = this.scene(now);
        if (scene !== null) {
            this.moveCamera(scene.ships, seconds);
            this.playHappenings(scene.tick);
        }
        this.renderer.draw(scene, controls, seconds);
        this.pictures += 1;
        this.beat.draw(now);
        if (connection !== null) this.display.showStatus(connection, now);
        if (now - this.scoresAt > 200) {
            this.scoresAt = now;
            this.showNumbers();
        }
    }

    /**
     * @param {number} now
     * @returns {import("./render.js").Scene | null}
     */
    scene(now) {
        const { session, view } = this;
        if (view === null || !session.isReady) return null;
        const tick = session.playback.tick;
        // The own ship stands at the newest snapshot; nothing is drawn far beyond it.
        const ownTick = Math.min(session.clock.tickAt(now), session.newestTick + 3);
        return {
            ships: view.shipsAt(tick, ownTick),
            shots: view.shotsAt(tick, ownTick),
            rocks: view.rocksAt(tick),
            tick,
            seat: session.seat,
            name: (seat) => this.name(seat),
            isHeld: (seat) => session.roster.get(seat)?.isHeld === true,
        };
    }

    /**
     * @param {Ship[]} ships
     * @param {number} seconds
     */
    moveCamera(ships, seconds) {
        const { camera } = this.renderer;
        const own = ships.find((ship) => ship.seat === this.session.seat);
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

    /** @param {number} tick */
    playHappenings(tick) {
        const { seat } = this.session;
        const waiting = [];
        for (const happening of this.happenings) {
            // What concerns the own ship is shown in its own time, which is ahead of the others'.
            if (happening.tick > tick && happening.seat !== seat) {
                waiting.push(happening);
                continue;
            }
            this.renderer.effects.show(happening, seat);
            if (happening.seat === seat && happening.type === "hit") this.renderer.camera.kick(5);
            if (happening.type === "shipDestroyed") this.announce(happening);
        }
        this.happenings = waiting;
    }

    /** @param {Happening} happening */
    announce(happening) {
        const { seat } = this.session;
        const victim = this.who(happening.seat);
        if (happening.seat === seat) this.renderer.camera.kick(12);
        if (happening.bySeat < 0 || happening.bySeat === happening.seat) {
            this.display.notice([victim, { text: " hit a rock" }]);
        } else {
            this.display.notice([this.who(happening.bySeat), { text: " shot " }, victim]);
        }
    }

    /** @param {number} seat */
    name(seat) {
        const name = this.session.roster.get(seat)?.name ?? "";
        return name === "" ? `Seat ${seat}` : name;
    }

    /** @param {number} seat */
    who(seat) {
        return { text: this.name(seat), color: seatColor(seat, this.session.seat) };
    }

    /** Brings the numbers around the picture up to date. */
    showNumbers() {
        const { session, view, display } = this;
        display.showScores(view?.newestShips() ?? [], session.roster, session.seat);
        const trip = session.lead.roundTripMilliseconds;
        const isJoined = this.connection?.state === "joined";
        display.showRoundTrip(isJoined && !Number.isNaN(trip) ? `${trip.toFixed(0)} ms` : "–");
        const own = view?.ownShip() ?? null;
        if (own === null || own.health > 0 || !isJoined) {
            display.showMiddle("");
            return;
        }
        const ticks = Math.max(0, own.untilTick - session.newestTick);
        const seconds = Math.ceil((ticks * session.clock.tickMilliseconds) / 1000);
        display.showMiddle(`Back in ${seconds}`);
    }
}

/**
 * What a browser test or a curious person may look at; nothing here changes the game.
 * @param {Game} game
 */
function inspector(game) {
    return Object.freeze({
        get connection() {
            const { connection } = game;
            return {
                state: connection?.state ?? "idle", attempt: connection?.attempt ?? 0,
                waits: [...(connection?.waits ?? [])], closeCode: connection?.closeCode ?? 0,
            };
        },
        get room() { return game.session.welcome?.room ?? ""; },
        get seat() { return game.session.seat; },
        get tick() { return game.session.newestTick; },
        get roster() { return [...game.session.roster.values()].map((entry) => ({ ...entry })); },
        get ships() { return game.view?.newestShips() ?? []; },
        get ownShip() { return game.view?.ownShip() ?? null; },
        /** Shots fired since the page was opened, by seat. */
        get shotsFired() { return Object.fromEntries(game.shotsFired); },
        get rocks() { return game.scene(performance.now())?.rocks ?? []; },
        get drawnShips() { return game.scene(performance.now())?.ships ?? []; },
        get usesTouch() { return game.controls.usesTouch; },
        get stats() {
            const { session } = game;
            return {
                ...session.counts, pictures: game.pictures, lead: session.lead.ticks,
                roundTrip: session.lead.roundTripMilliseconds, delay: session.playback.delayTicks,
                jitter: session.clock.jitterMilliseconds, arrivals: game.beat.series.summary(),
                hasServerBeat: game.beat.server !== null,
            };
        },
        dropConnection() { game.connection?.drop(); },
    });
}

function start() {
    const query = new URLSearchParams(location.search);
    const wanted = query.get("room") ?? "";
    const room = /^[A-Za-z0-9._-]{1,48}$/.test(wanted) ? wanted : "lobby";
    const game = new Game(room, query.get("game") ?? "arena");
    Object.defineProperty(window, "hyoshi", { value: inspector(game) });
    document.title = `${room} · Hyoshi`;
    const roomLabel = document.getElementById("room");
    if (roomLabel !== null) roomLabel.textContent = room;
    document.getElementById("leave")?.addEventListener("click", () => game.leave());
    window.addEventListener("keydown", (event) => {
        if (event.code === "Escape" && document.body.dataset.stage === "game") game.leave();
    });
    document.addEventListener("visibilitychange", () => game.controls.release());
    const spectates = query.has("spectate");
    const name = boundedName(query.get("name") ?? "");
    if (name !== "" || spectates) game.join(name, spectates);
    else game.display.askName(room, "", (chosen, watches) => game.join(chosen, watches));
    game.beat.poll();
    const refresh = (/** @type {number} */ now) => {
        game.refresh(now);
        window.requestAnimationFrame(refresh);
    };
    window.requestAnimationFrame(refresh);
}

start();
