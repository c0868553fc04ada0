/**
 * The page around the picture: join card, score board, notices. Text of other people reaches the
 * document through textContent only.
 */

import { CLOSE } from "./connection.js";
import { boundedName } from "./hyoshi.js";
import { seatColor } from "./palette.js";

/** @typedef {import("./arena.js").Ship} Ship */
/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {{seat: number, name: string, isHeld: boolean}} RosterEntry */

const NAME_KEY = "hyoshi.name";
const ROWS_WIDE = 8;
const ROWS_NARROW = 4;
const NOTICES_MAXIMUM = 5;
const NOTICE_MILLISECONDS = 5000;

/** What a final close means to the player. @type {Readonly<Record<number, string>>} */
const ENDINGS = Object.freeze({
    [CLOSE.kicked]: "You were removed from this room.",
    [CLOSE.noSuchRoom]: "There is no such room here.",
    [CLOSE.takenOver]: "This seat is played from another window now.",
    [CLOSE.versionNotSupported]: "This page is older than the server. Reload it.",
});

/** What a close that is tried again means. @type {Readonly<Record<number, string>>} */
const PAUSES = Object.freeze({
    [CLOSE.goingAway]: "Server is restarting",
    [CLOSE.tryAgainLater]: "Room is full",
    [CLOSE.roomClosed]: "Room was closed",
});

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page lacks #${id}`);
    return found;
}

/** @param {string} tag @param {string} className @param {string} content */
function make(tag, className, content) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = content;
    return made;
}

/** The name that was last played under; "" where there is none. */
export function rememberedName() {
    try {
        return boundedName(window.localStorage.getItem(NAME_KEY) ?? "");
    } catch {
        return "";
    }
}

/** @param {string} name */
function rememberName(name) {
    try {
        window.localStorage.setItem(NAME_KEY, name);
    } catch {
        // Without storage the name is asked for again: no harm.
    }
}

/** All of the page that is not the canvas. */
export class HeadUpDisplay {
    constructor() {
        this.card = /** @type {HTMLFormElement} */ (element("join"));
        this.nameField = /** @type {HTMLInputElement} */ (element("name"));
        this.board = element("board-rows");
        this.notices = element("notices");
        this.status = element("status");
        this.statusText = element("status-text");
        this.boardKey = "";
    }

    /**
     * Shows the join card until the player has chosen.
     * @param {string} room
     * @param {string} message why the last visit ended, or ""
     * @param {(name: string, spectates: boolean) => void} chosen
     */
    askName(room, message, chosen) {
        element("join-room").textContent = room;
        element("join-message").textContent = message;
        this.nameField.value = this.nameField.value || rememberedName();
        document.body.dataset.stage = "card";
        const choose = (/** @type {boolean} */ spectates) => {
            const name = boundedName(this.nameField.value);
            rememberName(name);
            this.nameField.blur();
            chosen(name, spectates);
        };
        this.card.onsubmit = (event) => {
            event.preventDefault();
            choose(false);
        };
        element("spectate").onclick = () => choose(true);
        this.nameField.focus();
        this.nameField.select();
    }

    /**
     * The page cannot play: the card says why and what to do.
     * @param {string} room
     * @param {string} message
     */
    refuse(room, message) {
        element("join-room").textContent = room;
        element("join-message").textContent = message;
        document.body.dataset.stage = "card";
        this.card.classList.add("refused");
        this.card.onsubmit = (event) => event.preventDefault();
    }

    /** The card goes, the game's displays come. */
    enterGame() {
        document.body.dataset.stage = "game";
    }

    /**
     * @param {Connection} connection
     * @param {number} now milliseconds
     */
    showStatus(connection, now) {
        let text = "";
        switch (connection.state) {
            case "connecting": text = "Connecting …"; break;
            case "joining": text = "Joining …"; break;
            case "waiting": {
                const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
                const why = PAUSES[connection.closeCode] ?? "Connection lost";
                text = seconds > 0 ? `${why} · next try in ${seconds} s` : `${why} · trying`;
                break;
            }
            default: break;
        }
        if (this.statusText.textContent !== text) this.statusText.textContent = text;
        this.status.hidden = text === "";
    }

    /**
     * @param {Connection} connection
     * @returns {string}
     */
    endingText(connection) {
        const known = ENDINGS[connection.closeCode];
        if (known !== undefined) return known;
        return connection.closeCode === 0 || connection.closeCode === CLOSE.normal
            ? "" : `The connection ended (${connection.closeCode}).`;
    }

    /**
     * @param {Ship[]} ships
     * @param {Map<number, RosterEntry>} roster
     * @param {number | null} ownSeat
     */
    showScores(ships, roster, ownSeat) {
        const scores = new Map(ships.map((ship) => [ship.seat, ship.score]));
        const rows = [...roster.values()]
            .map((entry) => ({ ...entry, score: scores.get(entry.seat) ?? 0 }))
            .sort((a, b) => b.score - a.score || a.seat - b.seat)
            .map((row, index) => ({ ...row, rank: index + 1 }));
        const isSmall = window.innerWidth < 640 || window.innerHeight < 480;
        const limit = isSmall ? ROWS_NARROW : ROWS_WIDE;
        const shown = rows.slice(0, limit);
        const own = rows.find((row) => row.seat === ownSeat);
        // The own row is always there, in the last place if need be.
        if (own !== undefined && !shown.includes(own)) shown[shown.length - 1] = own;
        element("players").textContent = String(roster.size);
        const key = JSON.stringify(shown);
        if (key === this.boardKey) return;
        this.boardKey = key;
        this.board.replaceChildren(...shown.map((row) => {
            const line = make("li", row.seat === ownSeat ? "row own" : "row", "");
            if (row.isHeld) line.classList.add("held");
            const dot = make("span", "dot", "");
            dot.style.setProperty("background", seatColor(row.seat, ownSeat));
            line.append(
                make("span", "rank", String(row.rank)), dot,
                make("span", "name", row.name || `Seat ${row.seat}`),
                make("span", "score", String(row.score)));
            return line;
        }));
    }

    /**
     * A line that goes by itself. Parts with a colour are names.
     * @param {{text: string, color?: string}[]} parts
     */
    notice(parts) {
        const line = make("li", "notice", "");
        for (const part of parts) {
            const piece = make("span", part.color === undefined ? "" : "who", part.text);
            if (part.color !== undefined) piece.style.setProperty("color", part.color);
            line.append(piece);
        }
        this.notices.append(line);
        while (this.notices.childElementCount > NOTICES_MAXIMUM) {
            this.notices.firstElementChild?.remove();
        }
        window.setTimeout(() => line.classList.add("going"), NOTICE_MILLISECONDS - 400);
        window.setTimeout(() => line.remove(), NOTICE_MILLISECONDS);
    }

    /**
     * The large text in the middle: while the own ship is destroyed.
     * @param {string} text
     */
    showMiddle(text) {
        const middle = element("middle");
        if (middle.textContent !== text) middle.textContent = text;
        middle.hidden = text === "";
    }

    /** @param {string} text */
    showRoundTrip(text) {
        const field = element("round-trip");
        if (field.textContent !== text) field.textContent = text;
    }
}
