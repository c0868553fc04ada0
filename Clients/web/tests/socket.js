/** A WebSocket of a few lines, as Node before version 22 has none: for tests on this machine. */

import { randomBytes } from "node:crypto";
import { connect } from "node:net";

/** The client's side of one connection; whole binary messages only. */
export class TestSocket {
    /**
     * @param {number} port
     * @param {string} path
     * @param {string} subprotocol
     */
    constructor(port, path, subprotocol) {
        /** @type {(message: Uint8Array) => void} */
        this.onmessage = () => {};
        this.onopen = () => {};
        this.onclose = () => {};
        this.isOpen = false;
        this.received = Buffer.alloc(0);
        this.socket = connect(port, "127.0.0.1", () => {
            this.socket.write([
                `GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
                `Sec-WebSocket-Protocol: ${subprotocol}`, "", "",
            ].join("\r\n"));
        });
        this.socket.on("data", (bytes) => this.data(bytes));
        this.socket.on("close", () => this.onclose());
        this.socket.on("error", () => {});
    }

    /** @param {Buffer} bytes */
    data(bytes) {
        this.received = Buffer.concat([this.received, bytes]);
        if (!this.isOpen) {
            const end = this.received.indexOf("\r\n\r\n");
            if (end < 0) return;
            const head = this.received.subarray(0, end).toString("latin1");
            if (!head.startsWith("HTTP/1.1 101")) throw new Error(head);
            this.received = this.received.subarray(end + 4);
            this.isOpen = true;
            this.onopen();
        }
        for (;;) {
            const frame = this.received;
            if (frame.length < 2) return;
            // RFC 6455 §5.2: a server does not mask; the length has 7, 16 or 64 bits.
            let length = frame[1] & 0x7f;
            let start = 2;
            if (length === 126) {
                if (frame.length < 4) return;
                [length, start] = [frame.readUInt16BE(2), 4];
            } else if (length === 127) {
                if (frame.length < 10) return;
                [length, start] = [Number(frame.readBigUInt64BE(2)), 10];
            }
            if (frame.length < start + length) return;
            const payload = Uint8Array.from(frame.subarray(start, start + length));
            this.received = frame.subarray(start + length);
            const opcode = frame[0] & 0xf;
            if (opcode === 2) this.onmessage(payload);
            if (opcode === 9) this.frame(10, payload);
            if (opcode === 8) this.socket.end();
        }
    }

    /** @param {Uint8Array} message */
    send(message) {
        this.frame(2, message);
    }

    /** @param {number} opcode @param {Uint8Array} payload */
    frame(opcode, payload) {
        const mask = randomBytes(4);
        const head = payload.length < 126
            ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
            : Buffer.from([0x80 | opcode, 0xfe, payload.length >> 8, payload.length & 0xff]);
        const masked = payload.map((byte, index) => byte ^ mask[index & 3]);
        if (!this.socket.destroyed) this.socket.write(Buffer.concat([head, mask, masked]));
    }

    close() {
        this.socket.destroy();
    }
}
