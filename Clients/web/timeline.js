/**
 * The time-line of a recording: where the points were won, who came and went, what has been compared,
 * and where the picture stands.
 */

import { DANGER_COLOR, FONT, MUTED_COLOR, OWN_COLOR, TEXT_COLOR, seatColor } from "./palette.js";

/** @typedef {import("./replay.js").Replay} Replay */

/** How wide a column of points is, CSS pixels. */
const COLUMN_WIDTH = 5;
const TRACK_HEIGHT = 5;
const LABEL_HEIGHT = 16;
/** Steps of the labels, seconds. */
const LABEL_STEPS = Object.freeze([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200]);
const LABEL_WIDTH = 60;

/**
 * Ticks as `1:02:03.4`.
 * @param {number} seconds
 * @param {number} digits of the fraction
 */
export function clock(seconds, digits) {
    const unit = 10 ** digits;
    const whole = Math.floor(seconds * unit + 1e-6);
    const fraction = digits > 0 ? `.${String(whole % unit).padStart(digits, "0")}` : "";
    const all = Math.floor(whole / unit);
    const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
    const hours = Math.floor(all / 3600);
    const minutes = Math.floor(all / 60) % 60;
    return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}${fraction}`
        : `${minutes}:${two(all % 60)}${fraction}`;
}

/** The bar, and the pointer on it. */
export class Timeline {
    /**
     * @param {HTMLElement} root
     * @param {{scrub: (tick: number) => void, hold: () => void, release: () => void}} actions
     */
    constructor(root, actions) {
        this.root = root;
        this.actions = actions;
        this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
        this.hover = /** @type {HTMLElement} */ (root.querySelector("output"));
        this.context = this.canvas.getContext("2d");
        /** @type {Replay | null} */
        this.replay = null;
        this.drawnKey = "";
        this.sumsKey = "";
        /** Points won in each column: by all, and by the followed one. */
        this.sums = { all: new Float64Array(0), followed: new Float64Array(0), most: 1 };
        this.listen();
    }

    listen() {
        const { root } = this;
        let isHeld = false;
        root.addEventListener("pointerdown", (event) => {
            if (event.button !== 0) return;
            root.setPointerCapture(event.pointerId);
            isHeld = true;
            this.actions.hold();
            this.actions.scrub(this.tickAt(event.clientX));
        });
        root.addEventListener("pointermove", (event) => {
            const tick = this.tickAt(event.clientX);
            if (isHeld) this.actions.scrub(tick);
            this.showHover(event.clientX, tick);
        });
        for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
            root.addEventListener(name, (event) => {
                if (isHeld) this.actions.release();
                isHeld = false;
                if (/** @type {PointerEvent} */ (event).pointerType === "touch") {
                    this.hover.hidden = true;
                }
            });
        }
        root.addEventListener("pointerleave", () => {
            if (!isHeld) this.hover.hidden = true;
        });
    }

    /** @param {Replay} replay */
    open(replay) {
        this.replay = replay;
        this.drawnKey = "";
        this.sumsKey = "";
        this.root.setAttribute("aria-valuemax", String(replay.lastTick));
    }

    /** The tick below a place of the screen. @param {number} clientX */
    tickAt(clientX) {
        const { left, width } = this.root.getBoundingClientRect();
        const share = Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)));
        return Math.round(share * (this.replay?.lastTick ?? 0));
    }

    /** @param {number} clientX @param {number} tick */
    showHover(clientX, tick) {
        if (this.replay === null) return;
        const { left, width } = this.root.getBoundingClientRect();
        const seconds = tick / this.replay.tickRate;
        this.hover.hidden = false;
        this.hover.textContent = `${clock(seconds, 1)} · tick ${tick.toLocaleString("en")}`;
        const half = this.hover.offsetWidth / 2;
        const place = Math.min(width - half, Math.max(half, clientX - left));
        this.hover.style.setProperty("left", `${place}px`);
    }

    /**
     * Draws where something has changed.
     * @param {number} position ticks, with a fraction
     * @param {number | null} followed the seat whose points stand out
     */
    draw(position, followed) {
        const { canvas, context, replay } = this;
        if (context === null || replay === null || canvas.clientWidth === 0) return;
        const ratio = Math.min(3, window.devicePixelRatio || 1);
        const width = canvas.clientWidth;
        const height = canvas.clientHeight;
        const x = Math.round((position / Math.max(1, replay.lastTick)) * width * ratio);
        const key = [
            x, followed, width, height, replay.marks.length, replay.comparedTick,
        ].join(" ");
        if (key === this.drawnKey) return;
        this.drawnKey = key;
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        const top = height - LABEL_HEIGHT - TRACK_HEIGHT;
        this.sum(replay, width, followed);
        this.drawPoints(context, top - 4, followed, position / Math.max(1, replay.lastTick));
        this.drawVisits(context, replay, width, top);
        this.drawTrack(context, replay, width, top, position);
        this.drawLabels(context, replay, width, height);
        this.drawHead(context, x / ratio, top, width);
        this.root.setAttribute("aria-valuenow", String(Math.round(position)));
        this.root.setAttribute("aria-valuetext", clock(position / replay.tickRate, 1));
    }

    /**
     * Sums the points by columns.
     * @param {Replay} replay
     * @param {number} width
     * @param {number | null} followed
     */
    sum(replay, width, followed) {
        const key = `${width} ${followed} ${replay.marks.length}`;
        if (key === this.sumsKey) return;
        this.sumsKey = key;
        const count = Math.max(1, Math.floor(width / COLUMN_WIDTH));
        const all = new Float64Array(count);
        const own = new Float64Array(count);
        for (const { type, tick, seat, amount } of replay.marks) {
            if (type !== "scored" || amount <= 0) continue;
            const column = Math.min(
                count - 1, Math.floor((tick / Math.max(1, replay.lastTick)) * count));
            all[column] += amount;
            if (seat === followed) own[column] += amount;
        }
        this.sums = { all, followed: own, most: all.reduce((most, sum) => Math.max(most, sum), 1) };
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {number} bottom
     * @param {number | null} followed
     * @param {number} share of the time that has passed
     */
    drawPoints(context, bottom, followed, share) {
        const { all, followed: own, most } = this.sums;
        const reach = bottom - 10;
        const size = (/** @type {number} */ sum) => (sum / most) ** 0.7 * reach;
        all.forEach((sum, column) => {
            if (sum === 0) return;
            const x = column * COLUMN_WIDTH;
            const isPast = column / all.length <= share;
            context.fillStyle = isPast ? "rgba(124, 245, 205, 0.42)" : "rgba(140, 165, 215, 0.3)";
            context.fillRect(x, bottom - size(sum), COLUMN_WIDTH - 1.5, size(sum));
            if (own[column] === 0 || followed === null) return;
            const length = Math.max(2, size(sum) * (own[column] / sum));
            context.fillStyle = seatColor(followed, null);
            context.fillRect(x, bottom - length, COLUMN_WIDTH - 1.5, length);
        });
    }

    /**
     * A triangle for each who came, upwards, and each who went, downwards.
     * @param {CanvasRenderingContext2D} context
     * @param {Replay} replay
     * @param {number} width
     * @param {number} top
     */
    drawVisits(context, replay, width, top) {
        for (const { type, tick, seat } of replay.marks) {
            if (type === "scored") continue;
            const x = Math.min(width - 5, Math.max(5, (tick / Math.max(1, replay.lastTick)) * width));
            const [base, tip] = type === "joined" ? [8, 1] : [1, 8];
            context.globalAlpha = 0.5;
            context.fillStyle = seatColor(seat, null);
            context.fillRect(x - 0.5, 8, 1, top - 8);
            context.globalAlpha = 1;
            context.beginPath();
            context.moveTo(x - 4, base);
            context.lineTo(x + 4, base);
            context.lineTo(x, tip);
            context.fill();
        }
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Replay} replay
     * @param {number} width
     * @param {number} top
     * @param {number} position
     */
    drawTrack(context, replay, width, top, position) {
        const place = (/** @type {number} */ tick) =>
            (tick / Math.max(1, replay.lastTick)) * width;
        const bar = (/** @type {string} */ color, /** @type {number} */ from,
            /** @type {number} */ to, height = TRACK_HEIGHT) => {
            if (to <= from) return;
            context.fillStyle = color;
            context.fillRect(from, top + (TRACK_HEIGHT - height) / 2, to - from, height);
        };
        context.save();
        context.beginPath();
        context.roundRect(0, top, width, TRACK_HEIGHT, TRACK_HEIGHT / 2);
        context.clip();
        const different = replay.firstDifferentTick;
        const compared = place(different ?? replay.comparedTick);
        bar("rgba(140, 165, 215, 0.18)", 0, width);
        bar("rgba(124, 245, 205, 0.34)", 0, compared);
        if (different !== null) bar(DANGER_COLOR, compared, width);
        bar(OWN_COLOR, 0, Math.min(place(position), compared));
        context.restore();
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Replay} replay
     * @param {number} width
     * @param {number} height
     */
    drawLabels(context, replay, width, height) {
        const seconds = replay.lastTick / replay.tickRate;
        const least = (seconds * LABEL_WIDTH) / width;
        const step = LABEL_STEPS.find((candidate) => candidate >= least) ?? 86_400;
        context.font = `11px ${FONT}`;
        context.textBaseline = "alphabetic";
        context.fillStyle = MUTED_COLOR;
        for (let at = 0; at <= seconds; at += step) {
            const x = (at / Math.max(seconds, 1e-9)) * width;
            context.textAlign = at === 0 ? "left" : "center";
            if (x > width - 18) {
                if (x - width > 1) continue;
                context.textAlign = "right";
            }
            context.fillText(clock(at, 0), x, height - 2);
        }
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {number} x
     * @param {number} top
     * @param {number} width
     */
    drawHead(context, x, top, width) {
        const place = Math.min(width - 6, Math.max(6, x));
        context.fillStyle = "rgba(232, 237, 247, 0.75)";
        context.fillRect(Math.min(width - 1, Math.max(0, x - 0.75)), 4, 1.5, top);
        context.fillStyle = TEXT_COLOR;
        context.beginPath();
        context.arc(place, top + TRACK_HEIGHT / 2, 6.5, 0, 2 * Math.PI);
        context.fill();
    }
}
