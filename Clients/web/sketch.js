/** How any game is drawn, by its field table alone. */

import { OWN_COLOR, seatColor } from "./palette.js";

/** @typedef {import("./wire.js").Field} Field */
/** @typedef {import("./wire.js").Kind} Kind */

/** How a field's values are to be understood, by the protocol's numbers. */
export const USE = Object.freeze({ number: 0, flags: 1, angle: 2, coordinate: 3, seat: 4 });

/**
 * What a core's view shows, in wire numbers with fractions, as a snapshot's state is.
 * @param {import("./hyoshi.js").View} view
 * @param {Kind[]} kinds
 * @returns {import("./wire.js").Rows[]}
 */
export function stateOf(view, kinds) {
    return view.kinds.map(({ count, ids, values, fieldCount }, index) => {
        /** @type {import("./wire.js").Rows} */
        const rows = new Map();
        for (let row = 0; row < count; row += 1) {
            const start = row * fieldCount;
            rows.set(ids[row], kinds[index].fields.map(
                (field, position) => values[start + position] / field.step));
        }
        return rows;
    });
}

/** How a kind is drawn: which of its fields say where, where to, and whose. */
class Sketch {
    /** @param {Kind} kind */
    constructor(kind) {
        const places = kind.fields.flatMap(
            (field, position) => (field.use === USE.coordinate ? [position] : []));
        const first = (/** @type {number} */ use) =>
            kind.fields.findIndex((field) => field.use === use);
        this.x = places[0] ?? -1;
        this.y = places[1] ?? -1;
        this.angle = first(USE.angle);
        this.seat = first(USE.seat);
        this.fields = kind.fields;
    }

    /** A coordinate in its unit. @param {number[]} row @param {number} position */
    at(row, position) {
        const field = this.fields[position];
        return (row[position] * field.step) / field.scale;
    }
}

/** The picture of any game: everything that has a coordinate, in the world's whole extent. */
export class Picture {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {Kind[]} kinds
     * @param {string} own what stands at the own things
     */
    constructor(canvas, kinds, own = "you") {
        this.canvas = canvas;
        this.own = own;
        this.context = this.canvas.getContext("2d");
        this.kinds = kinds;
        this.sketches = kinds.map((kind) => new Sketch(kind));
        /** The players' own: the first kind that has a place and a seat. */
        this.namedKind = this.sketches.findIndex((sketch) => sketch.x >= 0 && sketch.seat >= 0);
        const ends = (/** @type {"x" | "y"} */ axis) => {
            const fields = this.sketches.filter((sketch) => sketch[axis] >= 0)
                .map((sketch) => sketch.fields[sketch[axis]]);
            const low = fields.map((field) => (field.minimum * field.step) / field.scale);
            const high = fields.map(
                (field) => ((field.maximum + (field.wraps ? 1 : 0)) * field.step) / field.scale);
            return fields.length > 0 ? [Math.min(...low), Math.max(...high)] : [-1, 1];
        };
        [this.left, this.right] = ends("x");
        [this.top, this.bottom] = ends("y");
    }

    /** @param {import("./wire.js").Rows[]} state @param {number | null} ownSeat */
    draw(state, ownSeat) {
        const { canvas, context } = this;
        if (context === null) return;
        const ratio = window.devicePixelRatio || 1;
        const { clientWidth, clientHeight } = canvas;
        const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
        if (canvas.width !== width || canvas.height !== height) {
            canvas.width = width;
            canvas.height = height;
        }
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, clientWidth, clientHeight);
        const [wide, high] = [this.right - this.left, this.bottom - this.top];
        const scale = Math.min((clientWidth - 32) / wide, (clientHeight - 32) / high);
        if (!(scale > 0)) return;
        const originX = (clientWidth - wide * scale) / 2;
        const originY = (clientHeight - high * scale) / 2;
        context.strokeStyle = "rgba(140, 165, 215, 0.3)";
        context.lineWidth = 1;
        context.strokeRect(originX, originY, wide * scale, high * scale);
        state.forEach((rows, index) => {
            const sketch = this.sketches[index];
            if (sketch.x < 0) return;
            for (const row of rows.values()) {
                const x = originX + (sketch.at(row, sketch.x) - this.left) * scale;
                const y = sketch.y < 0 ? originY + (high * scale) / 2
                    : originY + (sketch.at(row, sketch.y) - this.top) * scale;
                this.drawEntity(context, sketch, index, row, x, y, ownSeat);
            }
        });
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Sketch} sketch
     * @param {number} index
     * @param {number[]} row
     * @param {number} x
     * @param {number} y
     * @param {number | null} ownSeat
     */
    drawEntity(context, sketch, index, row, x, y, ownSeat) {
        const seat = sketch.seat < 0 ? null : row[sketch.seat];
        const isOwn = seat !== null && seat === ownSeat;
        const color = seat === null ? `hsl(${(210 + index * 67) % 360} 25% 62%)`
            : seatColor(seat, ownSeat);
        const isNamed = index === this.namedKind;
        const size = isNamed ? 7 : 3.5;
        context.fillStyle = isOwn ? OWN_COLOR : color;
        context.beginPath();
        if (sketch.angle >= 0) {
            const { minimum, maximum } = sketch.fields[sketch.angle];
            const turn = (2 * Math.PI * (row[sketch.angle] - minimum)) / (maximum - minimum + 1);
            for (const [corner, reach] of [[0, 1.5], [2.5, 1], [Math.PI, 0.4], [-2.5, 1]]) {
                context.lineTo(x + Math.cos(turn + corner) * size * reach,
                    y + Math.sin(turn + corner) * size * reach);
            }
        } else {
            context.arc(x, y, size, 0, 2 * Math.PI);
        }
        context.fill();
        if (!isNamed) return;
        context.font = "11px ui-monospace, Menlo, Consolas, monospace";
        context.fillStyle = "rgba(232, 237, 247, 0.75)";
        context.fillText(isOwn && this.own !== "" ? this.own : `seat ${seat}`, x + 11, y - 7);
    }
}
