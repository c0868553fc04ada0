/**
 * The arena game as the page knows it: its entities by name, and what happened from one picture to
 * the next. No rule of the game stands here, only how to read what the core shows.
 */

import { FLAG } from "./hyoshi.js";

/** @typedef {import("./hyoshi.js").Schema} Schema */
/** @typedef {import("./hyoshi.js").Kind} Kind */
/** @typedef {import("./hyoshi.js").View} View */
/** @typedef {import("./hyoshi.js").Change} Change */

/** The radius of a ship, in units of length. */
export const SHIP_RADIUS = 16;
/** The radius of a rock by its size, in units of length. */
export const ROCK_RADII = Object.freeze([0, 18, 34, 60]);
/** A ship's full health. */
export const HEALTH_MAXIMUM = 5;
/** Points for destroying a ship; no less and no more are won at once for one. */
const POINTS_OF_SHIP = 10;
/** How far apart a victim's end and its victor's points may be shown. */
const VERDICT_MILLISECONDS = 500;
const ENGINE_THRUST = 1;
const ENGINE_BRAKE = 2;

/**
 * @typedef {object} Ship
 * @property {number} id
 * @property {number} seat
 * @property {number} x units of length
 * @property {number} y units of length, downwards
 * @property {number} velocityX units of length per tick
 * @property {number} velocityY
 * @property {number} heading turns, clockwise from the right
 * @property {boolean} thrusts
 * @property {boolean} brakes
 * @property {number} health 0: destroyed
 * @property {number} score
 * @property {number} untilTick
 * @property {boolean} isPredicted whether it is shown ahead of the server's answer
 */

/** @typedef {{id: number, x: number, y: number, velocityX: number, velocityY: number,
 *     seat: number}} Shot */
/** @typedef {{id: number, x: number, y: number, size: number}} Rock */

/**
 * Something to be shown once.
 * @typedef {object} Happening
 * @property {"shipDestroyed" | "rockBroken" | "shotGone" | "hit" | "score" | "shotFired"
 *     | "shipReturned"} type
 * @property {number} x
 * @property {number} y
 * @property {number} seat whose colour it has; −1: nobody's
 * @property {number} amount
 */

/** Who destroyed whom; −1: a rock. @typedef {{victim: number, victor: number}} Verdict */

/** Where the fields of one kind stand. */
class Columns {
    /**
     * @param {Schema} schema
     * @param {string} name
     */
    constructor(schema, name) {
        this.index = schema.kinds.findIndex((kind) => kind.name === name);
        /** @type {Kind | null} */
        this.kind = schema.kinds[this.index] ?? null;
        this.width = this.kind?.fields.length ?? 0;
    }

    /**
     * A getter of one field: its value in the field's unit, 0 where the game has no such field.
     * @param {string} name
     * @returns {(values: ArrayLike<number>, row: number) => number}
     */
    column(name) {
        const position = this.position(name);
        if (this.kind === null || position < 0) return () => 0;
        const { scale } = this.kind.fields[position];
        const { width } = this;
        return (values, row) => values[row * width + position] / scale;
    }

    /** @param {string} name */
    position(name) {
        return this.kind?.positions.get(name) ?? -1;
    }
}

/** Reads the arena's entities out of views and changes. */
export class ArenaView {
    /** @param {Schema} schema */
    constructor(schema) {
        const columns = new Columns(schema, "ship");
        this.ships = columns;
        this.ship = {
            x: columns.column("x"), y: columns.column("y"),
            velocityX: columns.column("velocityX"), velocityY: columns.column("velocityY"),
            heading: columns.column("heading"), engines: columns.column("engines"),
            health: columns.column("health"), score: columns.column("score"),
            untilTick: columns.column("untilTick"), owner: columns.column("owner"),
        };
        this.healthPosition = columns.position("health");
        this.scorePosition = columns.position("score");
        const shots = new Columns(schema, "shot");
        this.shots = shots;
        this.shot = {
            x: shots.column("x"), y: shots.column("y"),
            velocityX: shots.column("velocityX"), velocityY: shots.column("velocityY"),
            owner: shots.column("owner"), endTick: shots.column("endTick"),
        };
        const rocks = new Columns(schema, "rock");
        this.rocks = rocks;
        this.rock = { x: rocks.column("x"), y: rocks.column("y"), size: rocks.column("size") };
        this.sizePosition = rocks.position("size");
        const across = columns.kind?.fields[columns.position("x")];
        /** How many of a coordinate's values make a unit of length. */
        this.lengthScale = across?.scale ?? 1;
        /** The width and height of the torus, units of length. */
        this.worldSize = across === undefined
            ? 4096 : ((across.maximum - across.minimum + 1) * across.step) / across.scale;
        /** Ends and points whose counterpart has not been shown yet. */
        this.waiting = {
            victims: /** @type {{seat: number, at: number}[]} */ ([]),
            victors: /** @type {{seat: number, at: number}[]} */ ([]),
        };
    }

    /**
     * @param {ArrayLike<number>} values
     * @param {number} row
     * @param {number} id
     * @param {number} flags
     * @returns {Ship}
     */
    readShip(values, row, id, flags) {
        const engines = this.ship.engines(values, row);
        return {
            id,
            seat: this.ship.owner(values, row),
            x: this.ship.x(values, row),
            y: this.ship.y(values, row),
            velocityX: this.ship.velocityX(values, row),
            velocityY: this.ship.velocityY(values, row),
            heading: this.ship.heading(values, row),
            thrusts: (engines & ENGINE_THRUST) !== 0,
            brakes: (engines & ENGINE_BRAKE) !== 0,
            health: this.ship.health(values, row),
            score: this.ship.score(values, row),
            untilTick: this.ship.untilTick(values, row),
            isPredicted: (flags & FLAG.predicted) !== 0,
        };
    }

    /**
     * @template Thing
     * @param {View} view
     * @param {Columns} columns
     * @param {(values: Float64Array, row: number, id: number, flags: number) => Thing} read
     * @returns {Thing[]}
     */
    list(view, columns, read) {
        const kind = view.kinds[columns.index];
        if (kind === undefined) return [];
        const things = [];
        for (let row = 0; row < kind.count; row += 1) {
            things.push(read(kind.values, row, kind.ids[row], kind.flags[row]));
        }
        return things;
    }

    /** @param {View} view @returns {Ship[]} */
    shipsIn(view) {
        return this.list(view, this.ships, (...place) => this.readShip(...place));
    }

    /** @param {View} view @returns {Shot[]} */
    shotsIn(view) {
        return this.list(view, this.shots, (values, row, id) => ({
            id,
            x: this.shot.x(values, row), y: this.shot.y(values, row),
            velocityX: this.shot.velocityX(values, row),
            velocityY: this.shot.velocityY(values, row),
            seat: this.shot.owner(values, row),
        }));
    }

    /** @param {View} view @returns {Rock[]} */
    rocksIn(view) {
        return this.list(view, this.rocks, (values, row, id) => ({
            id,
            x: this.rock.x(values, row), y: this.rock.y(values, row),
            size: Math.round(this.rock.size(values, row)),
        }));
    }

    /**
     * What happened, by the changes from one picture to the next: each thing once.
     * @param {Change[]} changes
     * @param {View} view the present one
     * @param {number} now milliseconds
     * @returns {Happening[]}
     */
    happenings(changes, view, now) {
        /** @type {Happening[]} */
        const found = [];
        for (const change of changes) {
            if (change.kind === this.ships.index) this.shipChanged(change, now, found);
            else if (change.kind === this.shots.index) this.shotChanged(change, view, found);
            else if (change.kind === this.rocks.index) this.rockChanged(change, found);
        }
        return found;
    }

    /**
     * @param {Change} change
     * @param {number} now
     * @param {Happening[]} found
     */
    shipChanged({ type, field, from, to, values }, now, found) {
        if (type !== "changed") return;
        const seat = this.ship.owner(values, 0);
        const place = { x: this.ship.x(values, 0), y: this.ship.y(values, 0), seat, amount: 0 };
        if (field === this.healthPosition) {
            if (to === 0) {
                found.push({ ...place, type: "shipDestroyed" });
                this.waiting.victims.push({ seat, at: now });
            } else if (from === 0) {
                found.push({ ...place, type: "shipReturned" });
            } else if (to < from) {
                found.push({ ...place, type: "hit", amount: from - to });
            }
        } else if (field === this.scorePosition && to > from) {
            found.push({ ...place, type: "score", amount: to - from });
            if (to - from >= POINTS_OF_SHIP) this.waiting.victors.push({ seat, at: now });
        }
    }

    /**
     * @param {Change} change
     * @param {View} view
     * @param {Happening[]} found
     */
    shotChanged({ type, values }, view, found) {
        if (type === "changed") return;
        const place = {
            x: this.shot.x(values, 0), y: this.shot.y(values, 0),
            seat: this.shot.owner(values, 0), amount: 0,
        };
        if (type === "appeared") found.push({ ...place, type: "shotFired" });
        // One that has flown to its end just ends; others have met something.
        else if (this.shot.endTick(values, 0) > view.remoteTick + 1) {
            found.push({ ...place, type: "shotGone" });
        }
    }

    /**
     * @param {Change} change
     * @param {Happening[]} found
     */
    rockChanged({ type, field, from, to, values }, found) {
        const isSmaller = type === "changed" && field === this.sizePosition && to < from;
        if (type !== "vanished" && !isSmaller) return;
        const amount = isSmaller ? from : this.rock.size(values, 0);
        found.push({
            type: "rockBroken", seat: -1, amount: Math.round(amount),
            x: this.rock.x(values, 0), y: this.rock.y(values, 0),
        });
    }

    /**
     * Who destroyed whom: it is not said, but the victor's score rises at the same tick. The two may
     * be shown at different times, one of them being predicted.
     * @param {number} now milliseconds
     * @returns {Verdict[]}
     */
    verdicts(now) {
        const { victims, victors } = this.waiting;
        /** @type {Verdict[]} */
        const found = [];
        this.waiting.victims = victims.filter(({ seat, at }) => {
            const other = victors.findIndex((victor) => victor.seat !== seat);
            if (other < 0 && now - at < VERDICT_MILLISECONDS) return true;
            const victor = other < 0 ? -1 : victors.splice(other, 1)[0].seat;
            found.push({ victim: seat, victor });
            return false;
        });
        this.waiting.victors = victors.filter(({ at }) => now - at < VERDICT_MILLISECONDS);
        return found;
    }
}
