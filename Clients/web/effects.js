/** Sparks, rings and rising numbers: what happens once and fades. */

import { DANGER_COLOR, FLAME_COLOR, FONT, ROCK_STROKE, TEXT_COLOR, seatColor } from "./palette.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./arena.js").Happening} Happening */

const SPARKS_MAXIMUM = 900;
const RINGS_MAXIMUM = 48;
const LABELS_MAXIMUM = 24;

/**
 * @typedef {{x: number, y: number, velocityX: number, velocityY: number, age: number,
 *     life: number, size: number, color: string}} Spark
 */
/**
 * @typedef {{x: number, y: number, age: number, life: number, radius: number, color: string}} Ring
 * @typedef {{x: number, y: number, age: number, text: string, color: string, size: number}} Label
 */

/** All effects that are alive; lengths are units of length, times seconds. */
export class Effects {
    constructor() {
        /** @type {Spark[]} */
        this.sparks = [];
        /** @type {Ring[]} */
        this.rings = [];
        /** @type {Label[]} */
        this.labels = [];
        /** @type {{label: Label, sum: number} | null} */
        this.newestPoints = null;
    }

    /** Ends all of them. */
    clear() {
        this.sparks = [];
        this.rings = [];
        this.labels = [];
        this.newestPoints = null;
    }

    /**
     * @param {Happening} happening
     * @param {number | null} ownSeat
     */
    show(happening, ownSeat) {
        const { x, y, seat, amount, type } = happening;
        const color = seatColor(seat, ownSeat);
        switch (type) {
            case "shipDestroyed":
                this.burst(x, y, 46, 260, 1.1, color);
                this.burst(x, y, 26, 150, 0.8, FLAME_COLOR);
                this.ring(x, y, 130, 0.7, color);
                this.ring(x, y, 70, 0.4, TEXT_COLOR);
                break;
            case "shipReturned": this.ring(x, y, 60, 0.6, color); break;
            case "rockBroken":
                this.burst(x, y, 6 + amount * 6, 60 + amount * 35, 0.9, ROCK_STROKE);
                this.burst(x, y, 4, 120, 0.4, FLAME_COLOR);
                this.ring(x, y, 14 + amount * 18, 0.35, ROCK_STROKE);
                break;
            case "shotGone": this.burst(x, y, 7, 130, 0.3, color); break;
            case "hit":
                this.burst(x, y, 12, 190, 0.45, DANGER_COLOR);
                if (seat === ownSeat) this.label(x - 40, y, `−${amount}`, DANGER_COLOR, 15);
                break;
            case "score":
                if (seat === ownSeat) this.points(x, y - 34, amount, color);
                break;
            default: break;
        }
    }

    /**
     * @param {number} x
     * @param {number} y
     * @param {number} count
     * @param {number} speed units of length per second
     * @param {number} life
     * @param {string} color
     */
    burst(x, y, count, speed, life, color) {
        for (let index = 0; index < count && this.sparks.length < SPARKS_MAXIMUM; index += 1) {
            const angle = Math.random() * Math.PI * 2;
            const pace = speed * (0.25 + Math.random() * 0.75);
            this.sparks.push({
                x, y, age: 0, life: life * (0.5 + Math.random() * 0.5), color,
                velocityX: Math.cos(angle) * pace, velocityY: Math.sin(angle) * pace,
                size: 1.2 + Math.random() * 1.6,
            });
        }
    }

    /** The glow behind an engine. @param {number} x @param {number} y @param {number} heading */
    exhaust(x, y, heading) {
        if (this.sparks.length >= SPARKS_MAXIMUM) return;
        const angle = heading + Math.PI + (Math.random() - 0.5) * 0.7;
        const pace = 60 + Math.random() * 90;
        this.sparks.push({
            x, y, age: 0, life: 0.22 + Math.random() * 0.2, color: FLAME_COLOR, size: 1.4,
            velocityX: Math.cos(angle) * pace, velocityY: Math.sin(angle) * pace,
        });
    }

    /**
     * @param {number} x
     * @param {number} y
     * @param {number} radius
     * @param {number} life
     * @param {string} color
     */
    ring(x, y, radius, life, color) {
        if (this.rings.length < RINGS_MAXIMUM) {
            this.rings.push({ x, y, radius, life, color, age: 0 });
        }
    }

    /**
     * @param {number} x
     * @param {number} y
     * @param {string} text
     * @param {string} color
     * @param {number} size CSS pixels
     */
    label(x, y, text, color, size) {
        if (this.labels.length < LABELS_MAXIMUM) {
            this.labels.push({ x, y, text, color, size, age: 0 });
        }
    }

    /**
     * Points that were won; those of the same moment are told in one sum.
     * @param {number} x
     * @param {number} y
     * @param {number} amount
     * @param {string} color
     */
    points(x, y, amount, color) {
        const last = this.newestPoints;
        const isRecent = last !== null && last.label.age < 0.4;
        const sum = amount + (isRecent ? last.sum : 0);
        if (isRecent) last.label.age = 1e9;
        const label = { x, y, text: `+${sum}`, color, size: sum >= 10 ? 24 : 15, age: 0 };
        this.newestPoints = { label, sum };
        this.labels.push(label);
    }

    /** @param {number} seconds */
    advance(seconds) {
        const slowing = Math.exp(-seconds * 2.2);
        for (const spark of this.sparks) {
            spark.age += seconds;
            spark.x += spark.velocityX * seconds;
            spark.y += spark.velocityY * seconds;
            spark.velocityX *= slowing;
            spark.velocityY *= slowing;
        }
        for (const ring of this.rings) ring.age += seconds;
        for (const label of this.labels) label.age += seconds;
        this.sparks = this.sparks.filter((spark) => spark.age < spark.life);
        this.rings = this.rings.filter((ring) => ring.age < ring.life);
        this.labels = this.labels.filter((label) => label.age < 1.2);
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Camera} camera
     */
    draw(context, camera) {
        context.globalCompositeOperation = "lighter";
        for (const spark of this.sparks) {
            const x = camera.screenX(spark.x);
            const y = camera.screenY(spark.y);
            if (!camera.shows(x, y, 4)) continue;
            context.globalAlpha = 1 - spark.age / spark.life;
            context.fillStyle = spark.color;
            context.beginPath();
            context.arc(x, y, spark.size * camera.scale, 0, Math.PI * 2);
            context.fill();
        }
        for (const ring of this.rings) {
            const share = ring.age / ring.life;
            const eased = 1 - (1 - share) ** 3;
            context.globalAlpha = (1 - share) * 0.8;
            context.strokeStyle = ring.color;
            context.lineWidth = 2.5 * (1 - share) + 0.5;
            context.beginPath();
            const radius = ring.radius * eased * camera.scale;
            context.arc(camera.screenX(ring.x), camera.screenY(ring.y), radius, 0, Math.PI * 2);
            context.stroke();
        }
        context.globalCompositeOperation = "source-over";
        context.textAlign = "center";
        for (const label of this.labels) {
            const share = Math.min(1, label.age / 1.2);
            context.globalAlpha = 1 - share ** 3;
            context.fillStyle = label.color;
            context.font = `700 ${label.size}px ${FONT}`;
            const y = camera.screenY(label.y) - 34 * (1 - (1 - share) ** 2);
            context.fillText(label.text, camera.screenX(label.x), y);
        }
        context.globalAlpha = 1;
    }
}
