/** Colours of the picture, in one place; those of the page around it stand in style.css. */

export const OWN_COLOR = "#7cf5cd";
export const SPACE_COLOR = "#070a12";
export const GRID_COLOR = "rgba(120, 150, 210, 0.085)";
export const ROCK_FILL = "#1a2233";
export const ROCK_STROKE = "#66758f";
export const TEXT_COLOR = "#e8edf7";
export const MUTED_COLOR = "#8b97ad";
export const DANGER_COLOR = "#ff6b57";
export const FLAME_COLOR = "#ffb45e";
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** @type {Map<number, string>} */
const colors = new Map();

/**
 * The colour of a seat: the golden ratio keeps neighbours apart, the own green is left out.
 * @param {number} seat
 * @param {number | null} ownSeat
 * @returns {string}
 */
export function seatColor(seat, ownSeat) {
    if (seat === ownSeat) return OWN_COLOR;
    let color = colors.get(seat);
    if (color === undefined) {
        const hue = (190 + ((seat * 0.618034) % 1) * 300) % 360;
        color = `hsl(${hue.toFixed(0)} 88% 70%)`;
        colors.set(seat, color);
    }
    return color;
}

/**
 * A small deterministic generator for shapes that must look alike in every page.
 * @param {number} seed
 * @returns {() => number} 0 ..< 1
 */
export function shapeRandom(seed) {
    let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}
