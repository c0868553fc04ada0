/** Where the picture looks: a point of the torus, and the scale. */

/** The world's length that the geometric mean of the screen's sides shows: what shoots is seen. */
const VIEW_LENGTH = 1080;
/** The longer side shows no more of it than this: what is farther away need not be in a snapshot. */
const SIDE_LENGTH_MAXIMUM = 1800;
/** Below this ships are too small for the eye: a phone shows less of the world instead. */
const SCALE_MINIMUM = 0.62;

/** The picture's centre on the torus, and how it maps to the screen. */
export class Camera {
    constructor() {
        this.x = 0;
        this.y = 0;
        this.worldSize = 4096;
        this.width = 1;
        this.height = 1;
        this.scale = 1;
        /** How much nearer than a player sees the world. */
        this.zoom = 1;
        /** What covers the picture at its lower edge, CSS pixels: the middle is that of the rest. */
        this.cover = 0;
        this.middleY = 0.5;
        this.shake = 0;
        this.shakeX = 0;
        this.shakeY = 0;
        this.isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    }

    /**
     * @param {number} width CSS pixels
     * @param {number} height CSS pixels
     */
    resize(width, height) {
        this.width = width;
        this.height = height;
        this.middleY = (height - this.cover) / 2;
        this.scale = this.zoom * Math.max(
            SCALE_MINIMUM,
            Math.sqrt(width * height) / VIEW_LENGTH,
            Math.max(width, height) / SIDE_LENGTH_MAXIMUM,
        );
    }

    /**
     * The shorter way from `a` to `b` around the torus.
     * @param {number} a
     * @param {number} b
     */
    difference(a, b) {
        const size = this.worldSize;
        const rest = (((b - a) % size) + size) % size;
        return rest >= size / 2 ? rest - size : rest;
    }

    /**
     * Looks at a point, at once or gliding.
     * @param {number} x
     * @param {number} y
     * @param {number} share 1: at once
     */
    follow(x, y, share) {
        const size = this.worldSize;
        this.x = (this.x + this.difference(this.x, x) * share + size) % size;
        this.y = (this.y + this.difference(this.y, y) * share + size) % size;
    }

    /** @param {number} strength CSS pixels */
    kick(strength) {
        if (!this.isCalm) this.shake = Math.min(14, this.shake + strength);
    }

    /** @param {number} seconds */
    settle(seconds) {
        this.shake *= Math.exp(-seconds * 9);
        const angle = Math.random() * Math.PI * 2;
        this.shakeX = Math.cos(angle) * this.shake;
        this.shakeY = Math.sin(angle) * this.shake;
    }

    /** @param {number} x units of length @returns {number} CSS pixels */
    screenX(x) {
        return this.width / 2 + this.difference(this.x, x) * this.scale + this.shakeX;
    }

    /** @param {number} y units of length @returns {number} CSS pixels */
    screenY(y) {
        return this.middleY + this.difference(this.y, y) * this.scale + this.shakeY;
    }

    /**
     * Whether a point of the screen is within it, or within `margin` of it.
     * @param {number} screenX
     * @param {number} screenY
     * @param {number} margin
     */
    shows(screenX, screenY, margin) {
        return screenX > -margin && screenX < this.width + margin
            && screenY > -margin && screenY < this.height + margin;
    }
}
