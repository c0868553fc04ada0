/** The netcode panel: a slow network to try, prediction on and off, and what the core says of it. */

/** @typedef {import("./hyoshi.js").Statistics} Statistics */
/** @typedef {import("./delay.js").AddedDelay} AddedDelay */

/** Pictures that the graph shows. */
const SAMPLES = 360;
/** What the graph's height is at least, in units of length. */
const GRAPH_MINIMUM = 4;
const WRITE_MILLISECONDS = 250;

/** Why nothing is predicted. @type {Readonly<Record<string, string>>} */
const REASONS = Object.freeze({
    on: "on", switchedOff: "off", noGame: "no module", otherSchema: "another version",
    spectating: "watching", waiting: "waiting",
});

/** @param {string} id @returns {HTMLElement} */
function element(id) {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page lacks #${id}`);
    return found;
}

/** How much comes and goes, over the last second. */
export class TrafficMeter {
    constructor() {
        /** @type {{at: number, received: number, sent: number}[]} */
        this.marks = [];
    }

    /**
     * @param {number} now milliseconds
     * @param {{received: number, sent: number}} traffic payload bytes so far
     */
    mark(now, { received, sent }) {
        this.marks.push({ at: now, received, sent });
        while (this.marks.length > 2 && this.marks[1].at <= now - 1000) this.marks.shift();
    }

    /** Payload bytes a second. */
    get rates() {
        const first = this.marks[0];
        const last = this.marks[this.marks.length - 1];
        const seconds = first === undefined ? 0 : (last.at - first.at) / 1000;
        if (seconds < 0.2) return { received: 0, sent: 0 };
        return {
            received: Math.max(0, (last.received - first.received) / seconds),
            sent: Math.max(0, (last.sent - first.sent) / seconds),
        };
    }
}

/** How far the own ship is shown from where it is predicted, and how far corrections moved it. */
class Graph {
    /** @param {HTMLCanvasElement} canvas */
    constructor(canvas) {
        this.canvas = canvas;
        this.context = canvas.getContext("2d");
        this.errors = new Float32Array(SAMPLES);
        this.jumps = new Float32Array(SAMPLES);
        this.count = 0;
    }

    /** @param {number} error @param {number} jump units of length */
    add(error, jump) {
        this.errors[this.count % SAMPLES] = error;
        this.jumps[this.count % SAMPLES] = jump;
        this.count += 1;
    }

    draw() {
        const { canvas, context } = this;
        if (context === null || canvas.clientWidth === 0) return;
        const ratio = Math.min(3, window.devicePixelRatio || 1);
        const { clientWidth: width, clientHeight: height } = canvas;
        if (canvas.width !== Math.round(width * ratio)) {
            canvas.width = Math.round(width * ratio);
            canvas.height = Math.round(height * ratio);
        }
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        const top = Math.max(GRAPH_MINIMUM, ...this.errors, ...this.jumps);
        const step = width / SAMPLES;
        const shown = Math.min(this.count, SAMPLES);
        context.fillStyle = "rgba(140, 165, 215, 0.22)";
        context.fillRect(0, height - 1, width, 1);
        for (let back = 0; back < shown; back += 1) {
            const index = (this.count - 1 - back) % SAMPLES;
            const x = width - (back + 1) * step;
            const bar = (/** @type {number} */ value, /** @type {string} */ color) => {
                if (value <= 0) return;
                context.fillStyle = color;
                const length = Math.max(1, (value / top) * (height - 2));
                context.fillRect(x, height - 1 - length, Math.max(1, step), length);
            };
            bar(this.errors[index], "rgba(124, 245, 205, 0.6)");
            if (this.jumps[index] > 0) bar(this.jumps[index], "#ff6b57");
        }
        context.fillStyle = "#8b97ad";
        context.font = "10px system-ui, sans-serif";
        context.textAlign = "right";
        context.fillText(`${top.toFixed(top < 10 ? 1 : 0)} u`, width - 2, 10);
    }
}

/** The panel. */
export class NetcodePanel {
    /**
     * @param {AddedDelay} delay it is changed here
     * @param {(isOn: boolean) => void} setPrediction
     */
    constructor(delay, setPrediction) {
        this.root = element("netcode");
        this.delay = delay;
        this.traffic = new TrafficMeter();
        this.graph = new Graph(/** @type {HTMLCanvasElement} */ (element("net-graph")));
        /** Whether the server's positions are drawn too. */
        this.showsGhosts = false;
        this.predicts = true;
        this.corrections = 0;
        this.writtenAt = 0;
        const button = element("net-button");
        button.addEventListener("click", () => this.toggle());
        element("net-close").addEventListener("click", () => this.toggle());
        this.bind("latency", (value) => { delay.latencyMilliseconds = value; });
        this.bind("jitter", (value) => { delay.jitterMilliseconds = value; });
        this.bind("stall", (value) => { delay.stallMilliseconds = value; });
        this.bindBox("net-prediction", (isOn) => {
            this.predicts = isOn;
            setPrediction(isOn);
        });
        this.bindBox("net-ghosts", (isOn) => { this.showsGhosts = isOn; });
    }

    get isOpen() {
        return !this.root.hidden;
    }

    toggle() {
        this.root.hidden = !this.root.hidden;
        element("net-button").setAttribute("aria-expanded", String(this.isOpen));
    }

    /** @param {string} name @param {(value: number) => void} changed */
    bind(name, changed) {
        const slider = /** @type {HTMLInputElement} */ (element(`net-${name}`));
        const output = element(`net-${name}-value`);
        const read = () => {
            output.textContent = `${slider.value} ms`;
            changed(Number(slider.value));
        };
        slider.addEventListener("input", read);
        // Arrow keys steer the ship and not a slider that was touched last.
        slider.addEventListener("change", () => slider.blur());
        read();
    }

    /** @param {string} id @param {(isOn: boolean) => void} changed */
    bindBox(id, changed) {
        const box = /** @type {HTMLInputElement} */ (element(id));
        box.addEventListener("change", () => {
            changed(box.checked);
            box.blur();
        });
    }

    /**
     * Takes a picture's numbers; to be called for each one.
     * @param {number} now milliseconds
     * @param {{received: number, sent: number}} traffic
     * @param {Statistics} statistics
     * @param {number} lengthScale values of a coordinate in a unit of length
     */
    update(now, traffic, statistics, lengthScale) {
        this.traffic.mark(now, traffic);
        const isNew = statistics.corrections !== this.corrections;
        this.corrections = statistics.corrections;
        this.graph.add(
            statistics.visibleErrorDistance / lengthScale,
            isNew ? statistics.correctionDistance / lengthScale : 0);
        if (!this.isOpen) return;
        this.graph.draw();
        if (now - this.writtenAt < WRITE_MILLISECONDS) return;
        this.writtenAt = now;
        this.write(statistics, lengthScale);
    }

    /** @param {Statistics} statistics @param {number} lengthScale */
    write(statistics, lengthScale) {
        const number = (/** @type {number | null} */ value, /** @type {string} */ unit, digits = 0) =>
            value === null ? "–" : `${value.toFixed(digits)}${unit}`;
        const { received, sent } = this.traffic.rates;
        const texts = {
            received: `${Math.round(received).toLocaleString("en")} B/s`,
            sent: `${Math.round(sent).toLocaleString("en")} B/s`,
            "round-trip": number(statistics.roundTripMilliseconds, " ms"),
            "network-jitter": number(statistics.jitterMilliseconds, " ms", 1),
            drift: number(statistics.driftPartsPerMillion, " ppm"),
            lead: number(statistics.leadTicks, " ticks", 1),
            margin: number(statistics.margin, " ticks"),
            delay: number(statistics.interpolationDelayTicks, " ticks", 1),
            predicted: statistics.prediction === "on"
                ? `${statistics.predictedTicks} ticks` : REASONS[statistics.prediction],
            misprediction: `${(statistics.correctionDistance / lengthScale).toFixed(2)} u`,
            corrections: String(statistics.corrections),
            remade: String(statistics.resimulatedTicks),
            late: statistics.late === null ? "0" : String(statistics.late),
            desyncs: String(statistics.desyncs),
        };
        for (const [name, text] of Object.entries(texts)) {
            const field = this.root.querySelector(`[data-net="${name}"]`);
            if (field !== null && field.textContent !== text) field.textContent = text;
        }
    }
}
