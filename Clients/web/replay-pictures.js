/** How the page of a recording draws a game, and where its points stand. */

import { ArenaView } from "./arena.js";
import { Renderer } from "./render.js";
import { Picture, USE, stateOf } from "./sketch.js";

/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./hyoshi.js").View} View */
/** @typedef {import("./arena.js").Ship} Ship */

const ZOOM = Object.freeze({ least: 0.1, most: 2.5 });
/** Room around the whole world, CSS pixels. */
const MARGIN = 52;
/** The renderer draws a player's thumbs where there is one who plays. */
const NO_CONTROLS = /** @type {any} */ (Object.freeze({ usesTouch: false, isEnabled: false }));

/** Names are not recorded. @param {number} seat */
export function nameOf(seat) {
    return `Seat ${seat}`;
}

/** The arena's own picture. */
export class ArenaPicture {
    /**
     * @param {Replay} replay
     * @param {HTMLCanvasElement} canvas
     * @param {HTMLElement} mapPlace where the map goes
     * @param {HTMLElement} cover what covers the picture at its lower edge
     */
    constructor(replay, canvas, mapPlace, cover) {
        this.cover = cover;
        this.view = new ArenaView(replay.recording.schema);
        this.renderer = new Renderer(canvas, mapPlace);
        this.renderer.camera.worldSize = this.view.worldSize;
        this.zoom = 1;
        this.isFirst = true;
        this.watched = -1;
        /** @type {Ship[]} */
        this.ships = [];
    }

    /** What was under way is over: the picture is of another time. */
    jump() {
        this.renderer.effects.clear();
    }

    /** @param {number} factor */
    zoomBy(factor) {
        this.zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, this.zoom * factor));
    }

    /** Steps back until all of the world is in the picture. */
    showAll() {
        const { camera } = this.renderer;
        const side = Math.min(camera.width, 2 * camera.middleY - MARGIN) - MARGIN;
        this.zoom = (side / camera.worldSize) * (camera.zoom / camera.scale);
        this.zoomBy(1);
        camera.follow(camera.worldSize / 2, camera.worldSize / 2, 1);
    }

    /** @param {number} x @param {number} y CSS pixels */
    drag(x, y) {
        const { camera } = this.renderer;
        camera.follow(camera.x - x / camera.scale, camera.y - y / camera.scale, 1);
    }

    /**
     * @param {View} view
     * @param {import("./hyoshi.js").Change[]} changes
     * @param {number | "leader" | "none"} follow
     * @param {number} seconds since the last picture
     * @param {number} now milliseconds
     */
    draw(view, changes, follow, seconds, now) {
        this.ships = this.view.shipsIn(view);
        for (const happening of this.view.happenings(changes, view, now)) {
            this.renderer.effects.show(happening, null);
        }
        const { camera } = this.renderer;
        camera.zoom = this.zoom;
        camera.cover = this.cover.offsetHeight;
        const watched = this.shipToWatch(follow);
        if (watched !== null) {
            const distance = Math.hypot(
                camera.difference(camera.x, watched.x), camera.difference(camera.y, watched.y));
            const isThere = this.isFirst || distance < 60 || distance > 900;
            camera.follow(watched.x, watched.y, isThere ? 1 : 1 - Math.exp(-seconds * 9));
            this.isFirst = false;
        }
        this.renderer.draw({
            ships: this.ships, shots: this.view.shotsIn(view), rocks: this.view.rocksIn(view),
            ghosts: [], tick: view.remoteTick, ownTick: view.remoteTick, seat: null,
            name: nameOf, isHeld: () => false,
        }, NO_CONTROLS, seconds);
    }

    /** @param {number | "leader" | "none"} follow @returns {Ship | null} */
    shipToWatch(follow) {
        if (follow === "none") return null;
        if (follow !== "leader") return this.ships.find((ship) => ship.seat === follow) ?? null;
        const alive = this.ships.filter((ship) => ship.health > 0);
        const watched = alive.find((ship) => ship.seat === this.watched);
        const most = Math.max(...alive.map((ship) => ship.score));
        // The one who is watched stays until another one leads by some points.
        if (watched !== undefined && watched.score >= most - 5) return watched;
        const leader = alive.find((ship) => ship.score === most) ?? null;
        this.watched = leader?.seat ?? -1;
        return leader;
    }
}

/** The picture of any other game, by its field table. */
export class PlainPicture {
    /** @param {Replay} replay @param {HTMLCanvasElement} canvas */
    constructor(replay, canvas) {
        this.kinds = /** @type {any[]} */ (replay.recording.schema.kinds.map((kind) => ({
            ...kind, fields: kind.fields.map((field) => ({ ...field, use: USE[field.use] })),
        })));
        this.picture = new Picture(canvas, this.kinds, "");
    }

    jump() {}

    zoomBy() {}

    drag() {}

    /**
     * @param {View} view
     * @param {import("./hyoshi.js").Change[]} _changes
     * @param {number | "leader" | "none"} follow
     */
    draw(view, _changes, follow) {
        this.picture.draw(stateOf(view, this.kinds), typeof follow === "number" ? follow : null);
    }
}

/** Where points stand: a number called `score` beside a seat; null where a game has none. */
export class Points {
    /** @param {Replay} replay */
    constructor(replay) {
        this.columns = replay.recording.schema.kinds.flatMap(({ fields, positions }, kind) => {
            const seat = fields.findIndex((field) => field.use === "seat");
            const score = positions.get("score") ?? -1;
            return seat >= 0 && score >= 0 ? [{ kind, seat, score }] : [];
        });
    }

    /** @param {View} view @returns {Map<number, number>} */
    read(view) {
        const points = new Map();
        for (const { kind, seat, score } of this.columns) {
            const { count, values, fieldCount } = view.kinds[kind];
            for (let row = 0; row < count; row += 1) {
                points.set(values[row * fieldCount + seat], values[row * fieldCount + score]);
            }
        }
        return points;
    }
}
