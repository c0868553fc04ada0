/**
 * The beat made visible: how evenly snapshots arrive, and how punctual the server's ticks are.
 */

/** Arrivals that the strip shows: 4 s at 60 Hz. */
const SHOWN = 240;
/** Arrivals that the percentiles are taken from: 10 s at 60 Hz. */
const REMEMBERED = 600;
const POLL_MILLISECONDS = 1000;
/** After so many vain polls the page asks no more. */
const VAIN_POLLS_MAXIMUM = 3;

/** @typedef {{p50: number, p99: number, p999: number, max: number}} Quantiles nanoseconds */
/**
 * @typedef {{room: string, ticks: number, droppedTicks: number, lateness: Quantiles,
 *     work: Quantiles}} RoomBeat
 */

/**
 * The value that a share of the values does not exceed.
 * @param {ArrayLike<number>} sorted ascending
 * @param {number} share 0 ... 1
 * @returns {number}
 */
function quantile(sorted, share) {
    if (sorted.length === 0) return 0;
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The time between one snapshot and the next, for the last ten seconds. */
export class ArrivalSeries {
    constructor() {
        this.gaps = new Float32Array(REMEMBERED);
        this.count = 0;
        this.lastAt = NaN;
    }

    /** @param {number} now milliseconds */
    arrived(now) {
        if (!Number.isNaN(this.lastAt)) {
            this.gaps[this.count % REMEMBERED] = now - this.lastAt;
            this.count += 1;
        }
        this.lastAt = now;
    }

    /** Forgets where the series stood: what comes next is another connection. */
    interrupt() {
        this.lastAt = NaN;
    }

    /**
     * The gap that was `back` arrivals ago, or NaN.
     * @param {number} back
     */
    gap(back) {
        const index = this.count - 1 - back;
        if (index < 0 || back >= REMEMBERED) return NaN;
        return this.gaps[index % REMEMBERED];
    }

    /** Milliseconds; all 0 before the second arrival. */
    summary() {
        const sorted = this.gaps.slice(0, Math.min(this.count, REMEMBERED)).sort();
        return {
            p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99),
            max: sorted[sorted.length - 1] ?? 0,
        };
    }
}

/** @param {unknown} value */
function nanoseconds(value) {
    return typeof value === "number" && Number.isFinite(value) ? value : NaN;
}

/**
 * Finds a room in what `/beat.json` says.
 * @param {any} document
 * @param {string} room
 * @returns {RoomBeat | null}
 */
export function roomBeat(document, room) {
    if (typeof document !== "object" || document === null || !Array.isArray(document.rooms)) {
        return null;
    }
    const found = document.rooms.find((/** @type {any} */ entry) => entry?.room === room);
    if (typeof found?.lateness !== "object" || typeof found?.work !== "object") return null;
    const read = (/** @type {any} */ part) => ({
        p50: nanoseconds(part?.p50), p99: nanoseconds(part?.p99),
        p999: nanoseconds(part?.p999), max: nanoseconds(part?.max),
    });
    return {
        room, ticks: Number(found.ticks) || 0, droppedTicks: Number(found.droppedTicks) || 0,
        lateness: read(found.lateness), work: read(found.work),
    };
}

/**
 * A duration in three digits and the unit that suits it.
 * @param {number} value nanoseconds
 */
export function shortDuration(value) {
    if (Number.isNaN(value)) return "–";
    if (value < 1000) return `${value.toFixed(0)} ns`;
    const [number, unit] = value < 1e6 ? [value / 1e3, "µs"] : [value / 1e6, "ms"];
    return `${number.toFixed(number < 10 ? 1 : 0)} ${unit}`;
}

/** The strip in the corner. */
export class BeatStrip {
    /**
     * @param {HTMLElement} root
     * @param {string} room
     */
    constructor(root, room) {
        this.root = root;
        this.room = room;
        this.series = new ArrivalSeries();
        this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
        this.context = this.canvas.getContext("2d");
        this.period = 1000 / 60;
        /** @type {RoomBeat | null} */
        this.server = null;
        this.vainPolls = 0;
        this.writtenAt = 0;
    }

    /** Asks the server for its beat once a second, as long as it answers. */
    poll() {
        window.setTimeout(async () => {
            if (!document.hidden) await this.fetchServer();
            if (this.vainPolls < VAIN_POLLS_MAXIMUM) this.poll();
        }, POLL_MILLISECONDS);
    }

    async fetchServer() {
        try {
            const response = await fetch("/beat.json", { cache: "no-store" });
            const isFound = response.ok;
            this.server = isFound ? roomBeat(await response.json(), this.room) : null;
            this.vainPolls = isFound ? 0 : this.vainPolls + 1;
        } catch {
            // The server is away: the connection says so; here the last numbers just vanish.
            this.server = null;
        }
    }

    /**
     * @param {number} now milliseconds
     */
    draw(now) {
        const { canvas, context, series } = this;
        if (context === null || canvas.clientWidth === 0) return;
        const ratio = Math.min(3, window.devicePixelRatio || 1);
        const width = canvas.clientWidth;
        const height = canvas.clientHeight;
        if (canvas.width !== Math.round(width * ratio)) {
            canvas.width = Math.round(width * ratio);
            canvas.height = Math.round(height * ratio);
        }
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        this.drawSeries(context, series, width, height);
        if (now - this.writtenAt > 250) {
            this.writtenAt = now;
            this.write();
        }
    }

    /**
     * One hair per arrival, from the middle up when it was late, down when it came close upon
     * the one before. A perfect beat is a flat line.
     * @param {CanvasRenderingContext2D} context
     * @param {ArrivalSeries} series
     * @param {number} width
     * @param {number} height
     */
    drawSeries(context, series, width, height) {
        const middle = height * 0.62;
        const step = width / SHOWN;
        context.fillStyle = "rgba(140, 165, 215, 0.22)";
        context.fillRect(0, middle - 0.5, width, 1);
        for (let back = 0; back < SHOWN; back += 1) {
            const gap = series.gap(back);
            if (Number.isNaN(gap)) break;
            const error = gap / this.period - 1;
            const size = Math.sign(error) * Math.min(1, Math.abs(error) / 1.5) ** 0.6;
            const reach = size > 0 ? middle - 1 : height - middle - 1;
            const length = size * reach;
            const late = Math.abs(error);
            context.fillStyle = late < 0.5 ? "#7cf5cd" : late < 1 ? "#ffcf6e" : "#ff6b57";
            context.globalAlpha = 0.35 + 0.65 * (1 - back / SHOWN);
            const top = Math.min(middle, middle - length) - 0.75;
            context.fillRect(width - (back + 1) * step, top, step * 0.8, Math.abs(length) + 1.5);
        }
        context.globalAlpha = 1;
    }

    /** Writes the numbers. */
    write() {
        const { p50, p99, max } = this.series.summary();
        const digits = (/** @type {number} */ value) => value.toFixed(1);
        this.set("p50", digits(p50));
        this.set("p99", digits(p99));
        this.set("max", digits(max));
        const { server } = this;
        this.root.classList.toggle("has-server", server !== null);
        if (server === null) return;
        this.set("lateness-p50", shortDuration(server.lateness.p50));
        this.set("lateness-p99", shortDuration(server.lateness.p99));
        this.set("work-p99", shortDuration(server.work.p99));
        this.set("dropped", String(server.droppedTicks));
    }

    /**
     * @param {string} name
     * @param {string} text
     */
    set(name, text) {
        const element = this.root.querySelector(`[data-value="${name}"]`);
        if (element !== null && element.textContent !== text) element.textContent = text;
    }
}
