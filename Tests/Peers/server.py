"""A server process under test, and raw sockets that do to it what no library would."""

import collections
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.request

PATIENCE = 60  # seconds after which something that should have happened has not
HELLO = b"\x92\x01\x01"
WELCOME = b"\x9d\x02\x01"  # how one begins


def wait_for(condition, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


class Server:
    def __init__(self, *flags, descriptors=None, port=0, file_kilobytes=None):
        command = [os.environ["HYOSHI"], "serve", "--port", str(port), "--admin-port", "0", *flags]
        if descriptors:
            command = ["bash", "-c", f'ulimit -n {descriptors}; exec "$@"', "bash", *command]
        if file_kilobytes:
            # Beyond it a write fails (EFBIG), as on a full disk.
            command = ["bash", "-c", f'trap "" XFSZ; ulimit -f {file_kilobytes}; exec "$@"', "bash",
                       *command]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HYOSHI_")
        }
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.lines = []
        self.errors = []
        outputs = ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        for stream, lines in outputs:
            threading.Thread(target=lines.extend, args=(stream,), daemon=True).start()
        self.port = int(self.announced(r"ws://[^ ]*:(\d+)/"))
        self.admin = int(self.announced(r"metrics: *http://[^ ]*:(\d+)/"))

    def announced(self, pattern):
        def look():
            assert self.process.poll() is None, f"the server ended: {''.join(self.errors)}"
            found = re.search(pattern, "".join(self.lines))
            return found and found.group(1)

        return wait_for(look, f"the server to announce {pattern}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    @property
    def is_alive(self):
        return self.process.poll() is None

    def admin_text(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=30) as answer:
            return answer.read().decode()

    def room(self, name):
        rooms = json.loads(self.admin_text("/rooms"))["rooms"]
        return next((room for room in rooms if room["room"] == name), None)

    def metric(self, name):
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.admin_text("/metrics"), re.MULTILINE)
        return float(found.group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) * 1024


Frame = collections.namedtuple("Frame", "final rsv opcode payload")


def request(path="/rooms/r", *lines, key="dGhlIHNhbXBsZSBub25jZQ==", version="13"):
    head = [
        f"GET {path} HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", f"Sec-WebSocket-Version: {version}", *lines,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n"


def frame(opcode, payload=b"", final=True, rsv=0, masked=True, length=None):
    """A frame; `length` writes another length, as (form, value), than the payload has."""
    head = bytes([(0x80 if final else 0) | rsv << 4 | opcode])
    mask = 0x80 if masked else 0
    form, value = length or (
        (7 if len(payload) < 126 else 16 if len(payload) < 65536 else 64), len(payload))
    if form == 7:
        head += bytes([mask | value])
    elif form == 16:
        head += bytes([mask | 126]) + struct.pack(">H", value)
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", value)
    if not masked:
        return head + payload
    key = b"\x11\x22\x33\x44"
    whole = key * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(whole[: len(payload)], "big")
    return head + key + number.to_bytes(len(payload), "big")


class Peer:
    """A raw socket. A broken connection reads as its end."""

    def __init__(self, server, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", server.port))
        self.bytes = b""
        self.ended = False

    def send(self, data):
        """Sends as much as the server takes: it may have ended the connection already."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def fill(self):
        if self.ended:
            return False
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"nothing came for {PATIENCE} s")
        except OSError:
            data = b""
        self.bytes += data
        self.ended = not data
        return bool(data)

    def head(self):
        while b"\r\n\r\n" not in self.bytes:
            if not self.fill():
                return b""
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        return head

    def status(self):
        head = self.head()
        return int(head.split()[1]) if head else None

    def to_end(self):
        while self.fill():
            pass
        return self.bytes

    def upgrade(self, path="/rooms/r", *lines):
        self.send(request(path, *lines))
        status = self.status()
        assert status == 101, f"{path} was answered with {status}"
        return self

    def join(self, path="/rooms/r", *lines):
        self.upgrade(path, *lines)
        self.send(frame(2, HELLO))
        welcome = self.message()
        assert welcome[:3] == WELCOME, f"no welcome but {welcome[:20]!r}"
        return self

    def frame(self):
        """The next frame; None at the end of the connection."""
        while True:
            if len(self.bytes) >= 2:
                start, length = 2, self.bytes[1] & 127
                assert not self.bytes[1] & 128, "a server must not mask"
                if length == 126 and len(self.bytes) >= 4:
                    start, length = 4, struct.unpack_from(">H", self.bytes, 2)[0]
                elif length == 127 and len(self.bytes) >= 10:
                    start, length = 10, struct.unpack_from(">Q", self.bytes, 2)[0]
                elif length >= 126:
                    length = 1 << 62
                if len(self.bytes) >= start + length:
                    first = self.bytes[0]
                    payload = self.bytes[start : start + length]
                    self.bytes = self.bytes[start + length :]
                    return Frame(bool(first & 128), first >> 4 & 7, first & 15, payload)
            if not self.fill():
                return None

    def message(self):
        while True:
            each = self.frame()
            assert each is not None, "the connection ended"
            assert each.opcode != 8, f"closed: {each.payload!r}"
            if each.opcode == 2:
                return each.payload
            if each.opcode == 9:
                self.send(frame(10, each.payload))

    def close_code(self, answers=True):
        """Reads to the Close and returns its code; None where the connection ends without one."""
        while (each := self.frame()) is not None:
            if each.opcode == 8:
                if answers:
                    self.send(frame(8, each.payload[:2]))
                return struct.unpack(">H", each.payload[:2])[0] if each.payload else 1005
        return None

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


class Bystander(threading.Thread):
    """An innocent player: its snapshots must go on coming whatever others do."""

    def __init__(self, server, room="bystander"):
        super().__init__(daemon=True)
        self.server, self.room = server, room
        self.peer = Peer(server).join(f"/rooms/{room}")
        self.ticks = []
        self.end = None
        self.stops = False
        self.start()

    def run(self):
        try:
            while not self.stops:
                payload = self.peer.message()
                if payload[1] == 1:
                    self.ticks.append(self.tick(payload))
        except AssertionError as error:
            if not self.stops:
                self.end = str(error)

    @staticmethod
    def tick(payload):
        import msgpack

        unpacker = msgpack.Unpacker()
        unpacker.feed(payload)
        unpacker.read_array_header()
        return [unpacker.unpack() for _ in range(4)][3]

    def check(self):
        """It is still served; of all ticks only those are missing that were made at once."""
        assert self.server.is_alive, f"the server died: {''.join(self.server.errors)}"
        assert self.end is None, f"the bystander's connection: {self.end}"
        before = self.ticks[-1] if self.ticks else 0
        wait_for(lambda: self.ticks and self.ticks[-1] > before + 5, "further snapshots")
        ticks = list(self.ticks)
        room = self.server.room(self.room)
        missing = ticks[-1] - ticks[0] + 1 - len(ticks)
        together = room["ticks"] - room["lateness"]["count"]
        assert missing <= together, f"{missing} ticks are missing, {together} were made at once"

    def finish(self):
        self.check()
        self.stops = True
        self.peer.close()
