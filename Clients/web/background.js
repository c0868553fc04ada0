/** Stars in three depths, and the grid of the arena's floor. */

import { GRID_COLOR, SPACE_COLOR, shapeRandom } from "./palette.js";

/** @typedef {import("./camera.js").Camera} Camera */

/** A layer repeats after so many units; the torus is a whole number of them at every depth. */
const TILE = 1024;
const GRID_STEP = 256;
/** The clouds are far away, and their tile is so wide that nobody sees it repeat. */
const CLOUD_DEPTH = 0.5;
const CLOUD_TILE = 2048;
const CLOUD_PIXELS = 256;
const FAR_SCALE = 0.3;
/** Middle and radius as shares of the tile, and the colour. */
const CLOUDS = /** @type {[number, number, number, string][]} */ ([
    [0.22, 0.3, 0.42, "52, 70, 150"],
    [0.72, 0.66, 0.46, "24, 96, 110"],
    [0.6, 0.12, 0.3, "92, 48, 120"],
]);

/** @typedef {{depth: number, size: number, color: string, points: Float32Array}} Layer */

/**
 * @param {number} seed
 * @param {number} count
 */
function points(seed, count) {
    const random = shapeRandom(seed);
    return Float32Array.from({ length: count * 2 }, () => random() * TILE);
}

/** The clouds' tile, seamless on all sides: each cloud is painted with its eight neighbours. */
function makeClouds() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = CLOUD_PIXELS;
    const context = canvas.getContext("2d");
    if (context === null) return canvas;
    for (const [x, y, radius, color] of CLOUDS) {
        for (let neighbour = 0; neighbour < 9; neighbour += 1) {
            const middleX = (x + (neighbour % 3) - 1) * CLOUD_PIXELS;
            const middleY = (y + Math.floor(neighbour / 3) - 1) * CLOUD_PIXELS;
            const reach = radius * CLOUD_PIXELS;
            const glow = context.createRadialGradient(
                middleX, middleY, 0, middleX, middleY, reach);
            glow.addColorStop(0, `rgba(${color}, 0.2)`);
            glow.addColorStop(0.5, `rgba(${color}, 0.07)`);
            glow.addColorStop(1, `rgba(${color}, 0)`);
            context.fillStyle = glow;
            context.fillRect(0, 0, CLOUD_PIXELS, CLOUD_PIXELS);
        }
    }
    return canvas;
}

/** The picture behind everything. */
export class Background {
    constructor() {
        /** @type {Layer[]} */
        this.layers = [
            { depth: 0.25, size: 1, color: "rgba(150,170,220,0.5)", points: points(11, 90) },
            { depth: 0.5, size: 1.4, color: "rgba(180,200,240,0.65)", points: points(23, 46) },
            { depth: 0.75, size: 1.9, color: "rgba(215,228,255,0.85)", points: points(37, 18) },
        ];
        this.clouds = makeClouds();
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Camera} camera
     */
    draw(context, camera) {
        context.fillStyle = SPACE_COLOR;
        context.fillRect(0, 0, camera.width, camera.height);
        this.drawClouds(context, camera);
        // From far away the tiles are small, and their stars would be many.
        const shown = camera.scale < FAR_SCALE ? 1 : this.layers.length;
        for (const layer of this.layers.slice(0, shown)) this.drawLayer(context, camera, layer);
        this.drawGrid(context, camera);
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Camera} camera
     */
    drawClouds(context, camera) {
        const tile = CLOUD_TILE * camera.scale;
        const left = camera.width / 2 - ((camera.x * CLOUD_DEPTH) % CLOUD_TILE) * camera.scale;
        const top = camera.middleY - ((camera.y * CLOUD_DEPTH) % CLOUD_TILE) * camera.scale;
        for (let x = left - Math.ceil(left / tile) * tile; x < camera.width; x += tile) {
            for (let y = top - Math.ceil(top / tile) * tile; y < camera.height; y += tile) {
                context.drawImage(this.clouds, x, y, tile, tile);
            }
        }
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Camera} camera
     * @param {Layer} layer
     */
    drawLayer(context, camera, layer) {
        const tile = TILE * camera.scale;
        const left = camera.width / 2 + camera.shakeX * layer.depth
            - ((camera.x * layer.depth) % TILE) * camera.scale;
        const top = camera.middleY + camera.shakeY * layer.depth
            - ((camera.y * layer.depth) % TILE) * camera.scale;
        context.fillStyle = layer.color;
        for (let x = left - Math.ceil(left / tile) * tile; x < camera.width; x += tile) {
            for (let y = top - Math.ceil(top / tile) * tile; y < camera.height; y += tile) {
                for (let index = 0; index < layer.points.length; index += 2) {
                    const starX = x + layer.points[index] * camera.scale;
                    const starY = y + layer.points[index + 1] * camera.scale;
                    if (camera.shows(starX, starY, 2)) {
                        context.fillRect(starX, starY, layer.size, layer.size);
                    }
                }
            }
        }
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Camera} camera
     */
    drawGrid(context, camera) {
        const step = GRID_STEP * camera.scale;
        const phaseX = (camera.width / 2 + camera.shakeX - camera.x * camera.scale) % step;
        const phaseY = (camera.middleY + camera.shakeY - camera.y * camera.scale) % step;
        context.strokeStyle = GRID_COLOR;
        context.lineWidth = 1;
        context.beginPath();
        for (let x = phaseX; x < camera.width; x += step) {
            context.moveTo(x, 0);
            context.lineTo(x, camera.height);
        }
        for (let y = phaseY; y < camera.height; y += step) {
            context.moveTo(0, y);
            context.lineTo(camera.width, y);
        }
        context.stroke();
    }
}
