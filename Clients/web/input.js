/**
 * Keyboard, touch and game pad, merged into one set of actions.
 *
 * A key pressed and released between two samples still counts in the next one.
 */

/** @typedef {import("./hyoshi.js").Field} Field */
/** @typedef {"thrust" | "left" | "right" | "brake" | "fire"} Action */

/** @type {Readonly<Record<string, Action>>} */
const KEYS = Object.freeze({
    ArrowUp: "thrust", KeyW: "thrust",
    ArrowLeft: "left", KeyA: "left",
    ArrowRight: "right", KeyD: "right",
    ArrowDown: "brake", KeyS: "brake",
    Space: "fire", KeyJ: "fire",
});

/** How far the stick's knob goes from its middle, in CSS pixels. */
export const STICK_RADIUS = 52;
/** The share of the radius from which the stick turns the ship, and from which it thrusts. */
const STICK_TURNS = 0.25;
const STICK_THRUSTS = 0.62;
/** How well the ship must point where the stick does, in turns. */
const STICK_TOLERANCE = 0.012;

/**
 * @typedef {object} Stick
 * @property {number} pointer the pointer's id
 * @property {number} originX
 * @property {number} originY
 * @property {number} x −1 to 1 with the length at most 1
 * @property {number} y
 */

/** All ways to steer, as long as the page lives. */
export class Controls {
    /**
     * @param {HTMLElement} surface where thumbs are placed
     * @param {() => number | null} heading where the own ship will point, in turns; null: unknown
     */
    constructor(surface, heading) {
        this.heading = heading;
        this.isEnabled = false;
        /** Keys that are down, by code. @type {Set<string>} */
        this.keys = new Set();
        /** What was pressed since the last sample. @type {Set<Action>} */
        this.pressed = new Set();
        /** @type {Stick | null} */
        this.stick = null;
        /** Pointers that hold the fire side. @type {Set<number>} */
        this.firePointers = new Set();
        /** Whether a finger has ever touched the page: then the thumbs' places are shown. */
        this.usesTouch = false;
        this.listenToKeys();
        this.listenToPointers(surface);
    }

    listenToKeys() {
        window.addEventListener("keydown", (event) => {
            const action = KEYS[event.code];
            if (!this.isEnabled || action === undefined) return;
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            event.preventDefault();
            if (!event.repeat) this.pressed.add(action);
            this.keys.add(event.code);
        });
        window.addEventListener("keyup", (event) => this.keys.delete(event.code));
        window.addEventListener("blur", () => this.release());
    }

    /** @param {HTMLElement} surface */
    listenToPointers(surface) {
        surface.addEventListener("pointerdown", (event) => {
            if (!this.isEnabled || event.pointerType === "mouse") return;
            event.preventDefault();
            this.usesTouch = true;
            if (event.clientX < window.innerWidth / 2) {
                if (this.stick !== null) return;
                const { pointerId: pointer, clientX: originX, clientY: originY } = event;
                this.stick = { pointer, originX, originY, x: 0, y: 0 };
            } else {
                this.firePointers.add(event.pointerId);
                this.pressed.add("fire");
            }
        });
        surface.addEventListener("pointermove", (event) => this.moveStick(event));
        for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
            surface.addEventListener(name, (event) => {
                const pointer = /** @type {PointerEvent} */ (event).pointerId;
                this.firePointers.delete(pointer);
                if (this.stick?.pointer === pointer) this.stick = null;
            });
        }
        surface.addEventListener("contextmenu", (event) => event.preventDefault());
    }

    /** @param {PointerEvent} event */
    moveStick(event) {
        const stick = this.stick;
        if (stick === null || stick.pointer !== event.pointerId) return;
        const x = (event.clientX - stick.originX) / STICK_RADIUS;
        const y = (event.clientY - stick.originY) / STICK_RADIUS;
        const length = Math.max(1, Math.hypot(x, y));
        stick.x = x / length;
        stick.y = y / length;
    }

    /** Lets go of everything. */
    release() {
        this.keys.clear();
        this.pressed.clear();
        this.firePointers.clear();
        this.stick = null;
    }

    /**
     * What is to be done now; short presses stay in it until {@link used} is called.
     * @returns {Set<Action>}
     */
    actions() {
        const actions = new Set(this.pressed);
        if (!this.isEnabled) return actions;
        for (const code of this.keys) actions.add(KEYS[code]);
        if (this.firePointers.size > 0) actions.add("fire");
        this.addStick(actions);
        this.addGamePad(actions);
        return actions;
    }

    /** A command was made of the actions: presses are used up. */
    used() {
        this.pressed.clear();
    }

    /**
     * The stick points where the ship shall go: it turns there, and thrusts when pushed far.
     * @param {Set<Action>} actions
     */
    addStick(actions) {
        const stick = this.stick;
        if (stick !== null) this.steerTowards(stick.x, stick.y, actions);
    }

    /**
     * @param {number} x
     * @param {number} y
     * @param {Set<Action>} actions
     */
    steerTowards(x, y, actions) {
        const length = Math.hypot(x, y);
        if (length < STICK_TURNS) return;
        const heading = this.heading();
        if (heading === null) return;
        const wanted = Math.atan2(y, x) / (2 * Math.PI);
        const error = wanted - heading - Math.round(wanted - heading);
        if (error > STICK_TOLERANCE) actions.add("right");
        else if (error < -STICK_TOLERANCE) actions.add("left");
        if (length > STICK_THRUSTS && Math.abs(error) < 0.2) actions.add("thrust");
    }

    /** @param {Set<Action>} actions */
    addGamePad(actions) {
        const pads = typeof navigator.getGamepads === "function" ? navigator.getGamepads() : [];
        for (const pad of pads) {
            if (pad === null || pad.mapping !== "standard") continue;
            const isDown = (/** @type {number} */ button) => pad.buttons[button]?.pressed === true;
            if (isDown(14)) actions.add("left");
            if (isDown(15)) actions.add("right");
            if (isDown(12) || isDown(7)) actions.add("thrust");
            if (isDown(13) || isDown(6)) actions.add("brake");
            if (isDown(0) || isDown(5)) actions.add("fire");
            this.steerTowards(pad.axes[0] ?? 0, pad.axes[1] ?? 0, actions);
        }
    }
}

/**
 * Actions as the numbers of a game's input fields: bits are found by their names.
 * @param {Set<string>} actions
 * @param {Field[]} fields
 * @returns {number[]}
 */
export function inputNumbers(actions, fields) {
    return fields.map((field) => {
        const neutral = Math.min(field.maximum, Math.max(field.minimum, 0));
        if (field.use !== "flags") return neutral;
        let bits = 0;
        field.unit.split(" ").forEach((name, bit) => {
            if (bit < 31 && actions.has(name)) bits |= 1 << bit;
        });
        return bits & field.maximum;
    });
}
