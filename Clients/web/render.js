/**
 * The picture of the arena: rocks, shots, ships with their names, arrows to those out of sight,
 * and the small map.
 */

import { HEALTH_MAXIMUM, ROCK_RADII, SHIP_RADIUS } from "./arena.js";
import { Background } from "./background.js";
import { Camera } from "./camera.js";
import { Effects } from "./effects.js";
import { STICK_RADIUS } from "./input.js";
import {
    DANGER_COLOR, FLAME_COLOR, FONT, MUTED_COLOR, OWN_COLOR, ROCK_FILL, ROCK_STROKE, TEXT_COLOR,
    seatColor, shapeRandom,
} from "./palette.js";

/** @typedef {import("./arena.js").Ship} Ship */
/** @typedef {import("./arena.js").Shot} Shot */
/** @typedef {import("./arena.js").Rock} Rock */
/** @typedef {import("./input.js").Controls} Controls */

/**
 * @typedef {object} Scene all that one picture shows
 * @property {Ship[]} ships
 * @property {Shot[]} shots
 * @property {Rock[]} rocks
 * @property {Ship[]} ghosts where the server has the ships; empty where they are not to be shown
 * @property {number} tick of the others
 * @property {number} ownTick of the own ship and of what belongs to nobody
 * @property {number | null} seat the own one
 * @property {(seat: number) => string} name
 * @property {(seat: number) => boolean} isHeld
 */

/** @typedef {{size: number, path: Path2D, craters: Path2D, spin: number}} RockShape */

const TURN = Math.PI * 2;
const ARROWS_MAXIMUM = 4;
const NAME_LONGEST = 18;
const SHIP_SCALE_MINIMUM = 0.42;

/** Draws scenes on a canvas. */
export class Renderer {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {HTMLElement} mapPlace an empty element where the map goes: the style sheet's choice
     */
    constructor(canvas, mapPlace) {
        this.canvas = canvas;
        this.mapPlace = mapPlace;
        const context = canvas.getContext("2d", { alpha: false });
        if (context === null) throw new Error("this browser offers no canvas");
        this.context = context;
        this.camera = new Camera();
        this.background = new Background();
        this.effects = new Effects();
        /** @type {Map<number, RockShape>} */
        this.rockShapes = new Map();
        this.seconds = 0;
        this.pixelRatio = 1;
        this.map = { left: 0, top: 0, side: 0 };
        this.resize();
    }

    /** Fits the canvas to the window; cheap when nothing has changed. */
    resize() {
        const ratio = Math.min(3, window.devicePixelRatio || 1);
        const width = Math.max(1, this.canvas.clientWidth);
        const height = Math.max(1, this.canvas.clientHeight);
        const pixelWidth = Math.round(width * ratio);
        const pixelHeight = Math.round(height * ratio);
        if (this.canvas.width !== pixelWidth || this.canvas.height !== pixelHeight) {
            this.canvas.width = pixelWidth;
            this.canvas.height = pixelHeight;
        }
        this.pixelRatio = ratio;
        this.camera.resize(width, height);
        const place = this.mapPlace;
        this.map = { left: place.offsetLeft, top: place.offsetTop, side: place.offsetWidth };
    }

    /**
     * Draws one picture.
     * @param {Scene | null} scene null: space alone
     * @param {Controls} controls
     * @param {number} seconds since the last picture
     */
    draw(scene, controls, seconds) {
        this.resize();
        this.seconds += seconds;
        const { context, camera } = this;
        context.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0);
        camera.settle(seconds);
        this.effects.advance(seconds);
        this.background.draw(context, camera);
        if (scene === null) return;
        const showsAll = this.showsAll();
        if (showsAll) this.drawEdge();
        for (const rock of scene.rocks) this.drawRock(rock, scene.ownTick);
        for (const ghost of scene.ghosts) this.drawGhost(ghost, scene);
        this.drawShots(scene);
        for (const ship of scene.ships) this.drawShip(ship, scene);
        this.effects.draw(context, camera);
        if (!showsAll) {
            this.drawArrows(scene);
            this.drawMap(scene);
        }
        if (controls.usesTouch && controls.isEnabled) this.drawThumbs(controls);
    }

    /**
     * The outline of a rock, the same in every page.
     * @param {Rock} rock
     */
    rockShape(rock) {
        const known = this.rockShapes.get(rock.id);
        if (known !== undefined && known.size === rock.size) return known;
        if (this.rockShapes.size > 512) this.rockShapes.clear();
        const random = shapeRandom(rock.id * 4 + rock.size);
        const corners = 7 + rock.size * 2;
        const path = new Path2D();
        for (let corner = 0; corner < corners; corner += 1) {
            const angle = ((corner + (random() - 0.5) * 0.5) / corners) * TURN;
            const radius = ROCK_RADII[rock.size] * (0.8 + random() * 0.3);
            path.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
        }
        path.closePath();
        const craters = new Path2D();
        for (let count = 0; count < rock.size; count += 1) {
            const angle = random() * TURN;
            const distance = ROCK_RADII[rock.size] * (0.15 + random() * 0.4);
            const radius = ROCK_RADII[rock.size] * (0.1 + random() * 0.1);
            const x = Math.cos(angle) * distance;
            const y = Math.sin(angle) * distance;
            craters.moveTo(x + radius, y);
            craters.arc(x, y, radius, 0, TURN);
        }
        const shape = { size: rock.size, path, craters, spin: (random() - 0.5) * 0.02 };
        this.rockShapes.set(rock.id, shape);
        return shape;
    }

    /**
     * @param {Rock} rock
     * @param {number} tick
     */
    drawRock(rock, tick) {
        const { context, camera } = this;
        const x = camera.screenX(rock.x);
        const y = camera.screenY(rock.y);
        if (!camera.shows(x, y, ROCK_RADII[rock.size] * 1.2 * camera.scale)) return;
        const shape = this.rockShape(rock);
        context.save();
        context.translate(x, y);
        context.scale(camera.scale, camera.scale);
        context.rotate((tick * shape.spin) % TURN);
        context.fillStyle = ROCK_FILL;
        context.fill(shape.path);
        context.strokeStyle = ROCK_STROKE;
        context.lineWidth = 1.6 / camera.scale;
        context.lineJoin = "round";
        context.stroke(shape.path);
        context.globalAlpha = 0.35;
        context.stroke(shape.craters);
        context.restore();
    }

    /** @param {Scene} scene */
    drawShots(scene) {
        const { context, camera } = this;
        context.globalCompositeOperation = "lighter";
        context.lineCap = "round";
        for (const shot of scene.shots) {
            const x = camera.screenX(shot.x);
            const y = camera.screenY(shot.y);
            if (!camera.shows(x, y, 40)) continue;
            const tailX = x - shot.velocityX * 1.1 * camera.scale;
            const tailY = y - shot.velocityY * 1.1 * camera.scale;
            const color = seatColor(shot.seat, scene.seat);
            this.line(tailX, tailY, x, y, color, 9 * camera.scale, 0.16);
            this.line(tailX, tailY, x, y, color, 4.6 * camera.scale, 0.5);
            this.line((tailX + x) / 2, (tailY + y) / 2, x, y, "#ffffff", 2.2 * camera.scale, 0.95);
        }
        context.globalAlpha = 1;
        context.globalCompositeOperation = "source-over";
    }

    /**
     * @param {number} x1
     * @param {number} y1
     * @param {number} x2
     * @param {number} y2
     * @param {string} color
     * @param {number} width
     * @param {number} alpha
     */
    line(x1, y1, x2, y2, color, width, alpha) {
        const { context } = this;
        context.globalAlpha = alpha;
        context.strokeStyle = color;
        context.lineWidth = width;
        context.beginPath();
        context.moveTo(x1, y1);
        context.lineTo(x2, y2);
        context.stroke();
    }

    /**
     * @param {Ship} ship
     * @param {Scene} scene
     */
    drawShip(ship, scene) {
        if (ship.health <= 0) return;
        const { context, camera } = this;
        const x = camera.screenX(ship.x);
        const y = camera.screenY(ship.y);
        if (!camera.shows(x, y, 60)) return;
        const color = seatColor(ship.seat, scene.seat);
        const isProtected = (ship.isPredicted ? scene.ownTick : scene.tick) < ship.untilTick;
        const angle = ship.heading * TURN;
        if (ship.thrusts) {
            const back = SHIP_RADIUS * 0.8;
            this.effects.exhaust(
                ship.x - Math.cos(angle) * back, ship.y - Math.sin(angle) * back, angle);
        }
        const scale = shipScale(camera);
        context.save();
        context.translate(x, y);
        context.scale(scale, scale);
        context.globalAlpha = scene.isHeld(ship.seat) ? 0.35 : 1;
        if (isProtected) this.drawShield(color);
        context.rotate(angle);
        if (ship.thrusts) this.drawFlame();
        this.drawHull(color, ship, ship.seat === scene.seat);
        context.restore();
        this.drawName(ship, scene, x, y, color);
    }

    /**
     * Where the server has a ship, by its newest snapshot: an outline, tied to where it is shown.
     * @param {Ship} ghost
     * @param {Scene} scene
     */
    drawGhost(ghost, scene) {
        if (ghost.health <= 0) return;
        const { context, camera } = this;
        const x = camera.screenX(ghost.x);
        const y = camera.screenY(ghost.y);
        if (!camera.shows(x, y, 60)) return;
        const shown = scene.ships.find((ship) => ship.seat === ghost.seat && ship.health > 0);
        context.save();
        context.strokeStyle = seatColor(ghost.seat, scene.seat);
        context.globalAlpha = 0.75;
        context.lineWidth = 1.2;
        context.setLineDash([4, 3]);
        if (shown !== undefined) {
            context.beginPath();
            context.moveTo(x, y);
            context.lineTo(camera.screenX(shown.x), camera.screenY(shown.y));
            context.stroke();
        }
        context.translate(x, y);
        context.scale(camera.scale, camera.scale);
        context.rotate(ghost.heading * TURN);
        this.hullPath();
        context.stroke();
        context.restore();
    }

    hullPath() {
        const { context } = this;
        context.beginPath();
        context.moveTo(18, 0);
        context.lineTo(-12, -13);
        context.lineTo(-7, 0);
        context.lineTo(-12, 13);
        context.closePath();
    }

    /** @param {string} color */
    drawShield(color) {
        const { context } = this;
        context.strokeStyle = color;
        context.lineWidth = 1.6;
        const alpha = context.globalAlpha;
        context.globalAlpha = alpha * (0.35 + 0.25 * Math.sin(this.seconds * 9));
        context.beginPath();
        context.arc(0, 0, SHIP_RADIUS + 9, 0, TURN);
        context.stroke();
        context.globalAlpha = alpha;
    }

    drawFlame() {
        const { context } = this;
        const length = 15 + Math.random() * 9;
        context.fillStyle = FLAME_COLOR;
        context.beginPath();
        context.moveTo(-9, -5);
        context.lineTo(-9 - length, 0);
        context.lineTo(-9, 5);
        context.fill();
        context.fillStyle = "#fff3d6";
        context.beginPath();
        context.moveTo(-9, -2.6);
        context.lineTo(-9 - length * 0.5, 0);
        context.lineTo(-9, 2.6);
        context.fill();
    }

    /**
     * @param {string} color
     * @param {Ship} ship
     * @param {boolean} isOwn
     */
    drawHull(color, ship, isOwn) {
        const { context } = this;
        this.hullPath();
        context.fillStyle = "#0b111d";
        context.fill();
        const alpha = context.globalAlpha;
        context.fillStyle = color;
        context.globalAlpha = alpha * (isOwn ? 0.45 : 0.22);
        context.fill();
        context.globalAlpha = alpha;
        context.strokeStyle = color;
        context.lineWidth = 2.2;
        context.lineJoin = "round";
        context.stroke();
        if (ship.brakes) {
            context.fillStyle = DANGER_COLOR;
            context.fillRect(-13, -12, 3.4, 3.4);
            context.fillRect(-13, 8.6, 3.4, 3.4);
        }
    }

    /**
     * @param {Ship} ship
     * @param {Scene} scene
     * @param {number} x
     * @param {number} y
     * @param {string} color
     */
    drawName(ship, scene, x, y, color) {
        const { context, camera } = this;
        const isOwn = ship.seat === scene.seat;
        const below = y + (SHIP_RADIUS + 15) * shipScale(camera);
        const left = x - (HEALTH_MAXIMUM * 8 - 2) / 2;
        for (let index = 0; index < HEALTH_MAXIMUM; index += 1) {
            const isFull = index < ship.health;
            context.fillStyle = isFull ? (ship.health <= 1 ? DANGER_COLOR : color) : "#2a3346";
            context.fillRect(left + index * 8, below, 6, 3);
        }
        if (isOwn) return;
        context.font = `600 12px ${FONT}`;
        context.textAlign = "center";
        context.fillStyle = TEXT_COLOR;
        context.globalAlpha = scene.isHeld(ship.seat) ? 0.45 : 0.88;
        const above = y - (SHIP_RADIUS + 12) * shipScale(camera);
        context.fillText(shortened(scene.name(ship.seat)), x, above);
        context.globalAlpha = 1;
    }

    /**
     * Arrows at the edge point to the nearest ships out of sight.
     * @param {Scene} scene
     */
    drawArrows(scene) {
        const { context, camera } = this;
        const middleX = camera.width / 2;
        const { middleY } = camera;
        const hidden = scene.ships
            .filter((ship) => ship.health > 0 && ship.seat !== scene.seat)
            .map((ship) => ({
                ship, x: camera.screenX(ship.x) - middleX, y: camera.screenY(ship.y) - middleY,
            }))
            .filter(({ x, y }) => Math.abs(x) > middleX + 10 || Math.abs(y) > middleY + 10)
            .sort((a, b) => Math.hypot(a.x, a.y) - Math.hypot(b.x, b.y))
            .slice(0, ARROWS_MAXIMUM);
        // On an ellipse they keep clear of the displays in the corners.
        const ringX = middleX - 26;
        const ringY = middleY - 64;
        for (const { ship, x, y } of hidden) {
            const share = 1 / Math.hypot(x / ringX, y / ringY);
            context.save();
            context.translate(middleX + x * share, middleY + y * share);
            context.rotate(Math.atan2(y, x));
            context.globalAlpha = 0.85;
            context.fillStyle = seatColor(ship.seat, scene.seat);
            context.beginPath();
            context.moveTo(9, 0);
            context.lineTo(-5, -6);
            context.lineTo(-2, 0);
            context.lineTo(-5, 6);
            context.fill();
            context.restore();
        }
    }

    /** Whether the whole world is in the picture: then nothing needs an arrow or a map. */
    showsAll() {
        const { camera } = this;
        return camera.worldSize * camera.scale <= Math.max(camera.width, 2 * camera.middleY) + 1;
    }

    /** Where the world ends and starts again. */
    drawEdge() {
        const { context, camera } = this;
        const side = camera.worldSize * camera.scale;
        const left = (camera.width - side) / 2;
        const top = camera.middleY - side / 2;
        context.fillStyle = "rgba(3, 5, 10, 0.6)";
        context.beginPath();
        context.rect(0, 0, camera.width, camera.height);
        context.roundRect(left, top, side, side, 10);
        context.fill("evenodd");
        context.strokeStyle = "rgba(140, 165, 215, 0.3)";
        context.lineWidth = 1;
        context.beginPath();
        context.roundRect(left, top, side, side, 10);
        context.stroke();
    }

    /** @param {Scene} scene */
    drawMap(scene) {
        const { context, camera } = this;
        const { left, top, side } = this.map;
        if (side === 0) return;
        const place = (/** @type {number} */ from, /** @type {number} */ to) =>
            side / 2 + (camera.difference(from, to) / camera.worldSize) * side;
        context.save();
        context.translate(left, top);
        context.fillStyle = "rgba(13, 18, 30, 0.82)";
        context.strokeStyle = "rgba(140, 165, 215, 0.16)";
        context.lineWidth = 1;
        context.beginPath();
        context.roundRect(0.5, 0.5, side - 1, side - 1, 10);
        context.fill();
        context.stroke();
        context.clip();
        context.fillStyle = "rgba(139, 151, 173, 0.5)";
        for (const rock of scene.rocks) {
            const radius = 0.6 + rock.size * 0.5;
            context.beginPath();
            context.arc(place(camera.x, rock.x), place(camera.y, rock.y), radius, 0, TURN);
            context.fill();
        }
        for (const ship of scene.ships) {
            if (ship.health <= 0) continue;
            const isOwn = ship.seat === scene.seat;
            context.fillStyle = seatColor(ship.seat, scene.seat);
            context.beginPath();
            const radius = isOwn ? 3.2 : 2.4;
            context.arc(place(camera.x, ship.x), place(camera.y, ship.y), radius, 0, TURN);
            context.fill();
        }
        context.restore();
    }

    /** @param {Controls} controls */
    drawThumbs(controls) {
        const { context, camera } = this;
        const stick = controls.stick;
        const restX = 92;
        const restY = camera.height - 150;
        const x = stick?.originX ?? restX;
        const y = stick?.originY ?? restY;
        context.strokeStyle = MUTED_COLOR;
        context.lineWidth = 1.5;
        context.globalAlpha = stick === null ? 0.28 : 0.55;
        context.beginPath();
        context.arc(x, y, STICK_RADIUS, 0, TURN);
        context.stroke();
        context.fillStyle = stick === null ? MUTED_COLOR : OWN_COLOR;
        context.beginPath();
        const knobX = x + (stick?.x ?? 0) * STICK_RADIUS;
        const knobY = y + (stick?.y ?? 0) * STICK_RADIUS;
        context.arc(knobX, knobY, 22, 0, TURN);
        context.fill();
        const isFiring = controls.firePointers.size > 0;
        context.globalAlpha = isFiring ? 0.75 : 0.3;
        context.strokeStyle = isFiring ? DANGER_COLOR : MUTED_COLOR;
        const fireX = camera.width - 84;
        const fireY = camera.height - 150;
        context.beginPath();
        context.arc(fireX, fireY, 40, 0, TURN);
        context.moveTo(fireX + 9, fireY);
        context.arc(fireX, fireY, 9, 0, TURN);
        context.stroke();
        context.globalAlpha = 1;
    }
}

/** From far away ships are drawn larger than they are. @param {Camera} camera */
function shipScale(camera) {
    return Math.max(camera.scale, SHIP_SCALE_MINIMUM);
}

/** @param {string} name */
function shortened(name) {
    const characters = [...name];
    return characters.length <= NAME_LONGEST
        ? name : `${characters.slice(0, NAME_LONGEST - 1).join("")}…`;
}
