/**
 * The arena game as the page knows it: its entities by name, and what happened between two ticks.
 *
 * No rule of the game stands here, only how to read what the server sends.
 */

import { positionOf } from "./interpolation.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./snapshot.js").Snapshot} Snapshot */
/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./schema.js").Kind} Kind */

/** The radius of a ship, in units of length. */
export const SHIP_RADIUS = 16;
/** The radius of a rock by its size, in units of length. */
export const ROCK_RADII = Object.freeze([0, 18, 34, 60]);
/** A ship's full health. */
export const HEALTH_MAXIMUM = 5;
/** How far a ship turns in one tick, in turns; only for aiming the touch stick. */
const TURN_PER_TICK = 3 / 256;
const ENGINE_THRUST = 1;
const ENGINE_BRAKE = 2;
const INPUT_LEFT = "left";
const INPUT_RIGHT = "right";

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
 */

/** @typedef {{id: number, x: number, y: number, velocityX: number, velocityY: number,
 *     seat: number, endTick: number}} Shot */
/** @typedef {{id: number, x: number, y: number, size: number}} Rock */

/**
 * Something to be shown once, when the picture reaches its tick.
 * @typedef {object} Happening
 * @property {number} tick
 * @property {"shipDestroyed" | "rockBroken" | "shotGone" | "hit" | "score" | "shotFired"
 *     | "shipReturned"} type
 * @property {number} x
 * @property {number} y
 * @property {number} seat whose colour it has; −1: nobody's
 * @property {number} amount
 * @property {number} bySeat who caused it; −1: nobody
 */

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
     * @returns {(numbers: ArrayLike<number>, row: number) => number}
     */
    column(name) {
        const position = this.kind?.positions.get(name) ?? -1;
        if (this.kind === null || position < 0) return () => 0;
        const { step, scale } = this.kind.fields[position];
        const factor = step / scale;
        const width = this.width;
        return (numbers, row) => numbers[row * width + position] * factor;
    }
}

/** Reads the arena's entities out of samples and snapshots. */
export class ArenaView {
    /** @param {Session} session */
    constructor(session) {
        this.session = session;
        const schema = session.welcome?.schema ?? { kinds: [], inputFields: [] };
        const columns = new Columns(schema, "ship");
        this.ships = columns;
        this.ship = {
            x: columns.column("x"), y: columns.column("y"),
            velocityX: columns.column("velocityX"), velocityY: columns.column("velocityY"),
            heading: columns.column("heading"), engines: columns.column("engines"),
            health: columns.column("health"), score: columns.column("score"),
            untilTick: columns.column("untilTick"), owner: columns.column("owner"),
        };
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
        const across = columns.kind?.fields[columns.kind.positions.get("x") ?? -1];
        /** The width and height of the torus, units of length. */
        this.worldSize = across === undefined
            ? 4096 : ((across.maximum - across.minimum + 1) * across.step) / across.scale;
    }

    /**
     * @param {ArrayLike<number>} numbers
     * @param {number} row
     * @param {number} id
     * @returns {Ship}
     */
    readShip(numbers, row, id) {
        const engines = this.ship.engines(numbers, row);
        return {
            id,
            seat: this.ship.owner(numbers, row),
            x: this.ship.x(numbers, row),
            y: this.ship.y(numbers, row),
            velocityX: this.ship.velocityX(numbers, row),
            velocityY: this.ship.velocityY(numbers, row),
            heading: this.ship.heading(numbers, row),
            thrusts: (engines & ENGINE_THRUST) !== 0,
            brakes: (engines & ENGINE_BRAKE) !== 0,
            health: this.ship.health(numbers, row),
            score: this.ship.score(numbers, row),
            untilTick: this.ship.untilTick(numbers, row),
        };
    }

    /**
     * All ships as they are to be drawn: the own one at `ownTick`, others at `tick`.
     * @param {number} tick
     * @param {number} ownTick
     * @returns {Ship[]}
     */
    shipsAt(tick, ownTick) {
        const { sampler, seat } = this.session;
        if (sampler === null || this.ships.index < 0) return [];
        const ships = sampler.sample(this.ships.index, tick)
            .map((sample) => this.readShip(sample.numbers, 0, sample.id))
            .filter((ship) => ship.seat !== seat);
        if (seat === null) return ships;
        for (const sample of sampler.sample(this.ships.index, ownTick)) {
            const ship = this.readShip(sample.numbers, 0, sample.id);
            if (ship.seat === seat) ships.push(ship);
        }
        return ships;
    }

    /**
     * All shots as they are to be drawn: own ones at `ownTick`, others at `tick`.
     * @param {number} tick
     * @param {number} ownTick
     * @returns {Shot[]}
     */
    shotsAt(tick, ownTick) {
        const { sampler, seat } = this.session;
        if (sampler === null || this.shots.index < 0) return [];
        const read = (/** @type {import("./interpolation.js").Sample} */ { id, numbers }) => ({
            id,
            x: this.shot.x(numbers, 0), y: this.shot.y(numbers, 0),
            velocityX: this.shot.velocityX(numbers, 0),
            velocityY: this.shot.velocityY(numbers, 0),
            seat: this.shot.owner(numbers, 0), endTick: this.shot.endTick(numbers, 0),
        });
        const shots = sampler.sample(this.shots.index, tick).map(read)
            .filter((shot) => shot.seat !== seat);
        if (seat === null) return shots;
        const own = sampler.sample(this.shots.index, ownTick).map(read)
            .filter((shot) => shot.seat === seat);
        return shots.concat(own);
    }

    /**
     * @param {number} tick
     * @returns {Rock[]}
     */
    rocksAt(tick) {
        const { sampler } = this.session;
        if (sampler === null || this.rocks.index < 0) return [];
        return sampler.sample(this.rocks.index, tick).map(({ id, numbers }) => ({
            id,
            x: this.rock.x(numbers, 0), y: this.rock.y(numbers, 0),
            size: this.rock.size(numbers, 0),
        }));
    }

    /** The ships of the newest snapshot. @returns {Ship[]} */
    newestShips() {
        const newest = this.session.history?.newest;
        if (!newest || this.ships.index < 0) return [];
        const { ids, numbers } = newest.rows[this.ships.index];
        return ids.map((id, row) => this.readShip(numbers, row, id));
    }

    /** The own ship of the newest snapshot. @returns {Ship | null} */
    ownShip() {
        const seat = this.session.seat;
        if (seat === null) return null;
        return this.newestShips().find((ship) => ship.seat === seat) ?? null;
    }

    /**
     * Where the own ship will point once all commands that are under way have been carried out.
     * @returns {number | null} turns
     */
    headingToCome() {
        const ship = this.ownShip();
        if (ship === null || ship.health === 0) return null;
        const bits = this.steerBits();
        let heading = ship.heading;
        for (const command of this.session.pendingCommands()) {
            const steer = command.values[bits.field] ?? 0;
            if (steer & bits.right) heading += TURN_PER_TICK;
            if (steer & bits.left) heading -= TURN_PER_TICK;
        }
        return heading;
    }

    /** Which input bits turn the ship. */
    steerBits() {
        const fields = this.session.welcome?.schema.inputFields ?? [];
        const field = fields.findIndex((candidate) => candidate.name === "steer");
        const names = (fields[field]?.unit ?? "").split(" ");
        const bit = (/** @type {string} */ name) => {
            const index = names.indexOf(name);
            return index < 0 ? 0 : 1 << index;
        };
        return { field, left: bit(INPUT_LEFT), right: bit(INPUT_RIGHT) };
    }

    /**
     * What happened from one snapshot to the next.
     * @param {Snapshot} before
     * @param {Snapshot} after
     * @returns {Happening[]}
     */
    happenings(before, after) {
        /** @type {Happening[]} */
        const found = [];
        if (this.ships.index >= 0) this.shipHappenings(before, after, found);
        if (this.shots.index >= 0) this.shotHappenings(before, after, found);
        if (this.rocks.index >= 0) this.rockHappenings(before, after, found);
        return found;
    }

    /**
     * @param {Snapshot} before
     * @param {Snapshot} after
     * @param {Happening[]} found
     */
    shipHappenings(before, after, found) {
        const rowsBefore = before.rows[this.ships.index];
        const rows = after.rows[this.ships.index];
        const { tick } = after;
        /** @type {{ship: Ship, was: Ship}[]} */
        const pairs = [];
        rowsBefore.ids.forEach((id, row) => {
            const rowAfter = positionOf(rows.ids, id);
            if (rowAfter < 0) return;
            const was = this.readShip(rowsBefore.numbers, row, id);
            pairs.push({ was, ship: this.readShip(rows.numbers, rowAfter, id) });
        });
        // Who destroyed whom is not said; the score of the one who did rises at the same tick.
        const killer = pairs.find(({ ship, was }) => ship.score - was.score >= 10)?.ship.seat ?? -1;
        for (const { ship, was } of pairs) {
            const { x, y, seat } = ship;
            const common = { tick, x, y, seat, amount: 0, bySeat: -1 };
            if (ship.health === 0 && was.health > 0) {
                found.push({ ...common, type: "shipDestroyed", bySeat: killer });
            } else if (ship.health > 0 && was.health === 0) {
                found.push({ ...common, type: "shipReturned" });
            } else if (ship.health < was.health) {
                found.push({ ...common, type: "hit", amount: was.health - ship.health });
            }
            if (ship.score > was.score) {
                found.push({ ...common, type: "score", amount: ship.score - was.score });
            }
        }
    }

    /**
     * @param {Snapshot} before
     * @param {Snapshot} after
     * @param {Happening[]} found
     */
    shotHappenings(before, after, found) {
        const rowsBefore = before.rows[this.shots.index];
        const rows = after.rows[this.shots.index];
        const { tick } = after;
        const add = (
            /** @type {"shotGone" | "shotFired"} */ type, /** @type {number[]} */ numbers,
            /** @type {number} */ row,
        ) => found.push({
            tick, type, amount: 0, bySeat: -1,
            x: this.shot.x(numbers, row), y: this.shot.y(numbers, row),
            seat: this.shot.owner(numbers, row),
        });
        rowsBefore.ids.forEach((id, row) => {
            const isSpent = this.shot.endTick(rowsBefore.numbers, row) <= tick;
            if (!isSpent && positionOf(rows.ids, id) < 0) add("shotGone", rowsBefore.numbers, row);
        });
        rows.ids.forEach((id, row) => {
            if (positionOf(rowsBefore.ids, id) < 0) add("shotFired", rows.numbers, row);
        });
    }

    /**
     * @param {Snapshot} before
     * @param {Snapshot} after
     * @param {Happening[]} found
     */
    rockHappenings(before, after, found) {
        const rowsBefore = before.rows[this.rocks.index];
        const rows = after.rows[this.rocks.index];
        rowsBefore.ids.forEach((id, row) => {
            const rowAfter = positionOf(rows.ids, id);
            const was = this.rock.size(rowsBefore.numbers, row);
            const size = rowAfter < 0 ? 0 : this.rock.size(rows.numbers, rowAfter);
            if (size >= was) return;
            found.push({
                tick: after.tick, type: "rockBroken", seat: -1, amount: was, bySeat: -1,
                x: this.rock.x(rowsBefore.numbers, row), y: this.rock.y(rowsBefore.numbers, row),
            });
        });
    }
}
