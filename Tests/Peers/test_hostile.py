"""Openings and frames that mean harm: each has its exact answer, and nobody else notices."""

import os
import struct
import time
import zlib

import server as under_test
from server import HELLO, WELCOME, Bystander, Peer, Server, frame, request, wait_for

KIB = 1024


class Siege:
    """A server with a bystander; at the end it must be as it was before."""

    def __init__(self, *flags, growth_max=8 * KIB * KIB, **options):
        self.server = Server(*flags, **options)
        self.bystander = Bystander(self.server)
        self.growth_max = growth_max
        wait_for(lambda: len(self.bystander.ticks) > 30, "the bystander to play")
        # Memory that the first use of each path takes is no growth of an attack.
        for _ in range(20):
            Peer(self.server).join("/rooms/warm").close()
        self.attacks = 0
        self.descriptors = self.settled()
        self.resident = self.server.resident()

    def settled(self):
        counts = [self.server.descriptors()]

        def is_steady():
            counts.append(self.server.descriptors())
            return len(counts) > 10 and len(set(counts[-10:])) == 1

        wait_for(is_steady, "the descriptors to settle")
        return counts[-1]

    def attack(self, count=1):
        self.attacks += count
        return Peer(self.server)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.bystander.check()
                wait_for(
                    lambda: self.server.descriptors() <= self.descriptors,
                    f"descriptors to be {self.descriptors} again, are {self.server.descriptors()}")
                growth = self.server.resident() - self.resident
                print(f"        {growth // KIB} KiB more after {self.attacks} attacks")
                assert growth <= self.growth_max, f"{growth} bytes more"
                self.bystander.finish()
        finally:
            self.server.__exit__()


def test_openings_that_are_not_allowed_have_their_status():
    good = request().decode()[:-2]
    chunk = "Sec-WebSocket-Extensions: a; b=\"" + "\\c" * 1500
    cases = [
        (400, good.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "")),
        (400, good.replace("dGhlIHNhbXBsZSBub25jZQ==", "short")),
        (400, good.replace("dGhlIHNhbXBsZSBub25jZQ==", "!" * 24)),
        (400, good.replace("Host: h\r\n", "")),
        (400, good.replace("Connection: Upgrade\r\n", "")),
        (400, good.replace("HTTP/1.1", "HTTP/1.0")),
        (505, good.replace("HTTP/1.1", "HTTP/2.0")),
        (405, good.replace("GET", "POST")),
        (501, good.replace("GET", "BREW")),
        (426, good.replace("Version: 13", "Version: 12")),
        (426, good.replace("Version: 13", "Version: 013")),
        (426, "GET /rooms/r HTTP/1.1\r\nHost: h\r\n"),
        (403, good + "Origin: https://evil.example\r\n"),
        (403, good + "Origin: null\r\n"),
        (400, good + "Transfer-Encoding: chunked\r\n"),
        (400, good + "Transfer-Encoding : chunked\r\n"),
        (400, good + "Content-Length: 10\r\n"),
        (400, good + " folded: yes\r\n"),
        (400, good + "Bad\x00: value\r\n"),
        (400, good + chunk + "\r\n"),
        (404, good.replace("/rooms/r", "/rooms/no room".replace(" ", "%20"))),
        (404, good.replace("/rooms/r", "/elsewhere")),
        (404, good.replace("/rooms/r", "/rooms/r?game=chess")),
        (400, good.replace("/rooms/r", "/rooms/%zz")),
        (414, good.replace("/rooms/r", "/" + "a" * 4000)),
        (431, good + "".join(f"X-{number}: 1\r\n" for number in range(70))),
        (431, good + "".join(f"X-{number}: 1\r\n" for number in range(2000))),
        (431, good + "X: " + "a" * 9000 + "\r\n"),
        (101, good + "Sec-WebSocket-Extensions: constructor\r\n"),
        (101, good + "Sec-WebSocket-Extensions: permessage-deflate; __proto__=1\r\n"),
        (101, good + "Sec-WebSocket-Protocol: hyoshi.v1\r\n"),
    ]
    with Siege() as siege:
        for status, text in cases:
            peer = siege.attack()
            peer.send(text.encode("latin-1") + b"\r\n")
            head = peer.head()
            got = int(head.split()[1]) if head else None
            assert got == status, f"{text[:300]!r} was answered with {got}, not {status}"
            if status == 426:
                assert b"\r\nsec-websocket-version: 13" in head.lower(), head
            if status != 101:
                peer.to_end()
                assert b"connection: close" in head.lower(), head
            peer.close()


def test_bad_requests_without_end_leak_nothing():
    with Siege() as siege:
        started, number = time.monotonic(), 0
        while time.monotonic() < started + 5 and number < 4000:
            peer = siege.attack()
            peer.send([b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\0" * 100,
                       request("/nothing"), os.urandom(200) + b"\r\n\r\n"][number % 5])
            if number % 3:
                peer.to_end()
            peer.close()
            number += 1
        assert number > 50


def test_bytes_behind_an_opening_and_pipelined_requests():
    with Siege() as siege:
        peer = siege.attack()
        peer.send(request() + frame(2, HELLO))
        assert peer.status() == 101 and peer.message()[:3] == WELCOME
        peer.close()
        peer = siege.attack()
        peer.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 500)
        assert peer.to_end().count(b"HTTP/1.1 200") <= 1
        peer.close()


def test_a_head_in_thousands_of_pieces_is_cut():
    with Siege() as siege:
        peer = siege.attack()
        text = request("/rooms/r", "X: " + "a" * 6000)
        for each in text:
            if not peer.send(bytes([each])):
                break
            time.sleep(0.001)
        # Read once per tick, many bytes may arrive together; then the head was small enough.
        assert peer.status() in (101, 400, 431, None)
        peer.close()


HEADER_BOMBS = [
    (1002, b"\x82\xff\x80" + b"\0" * 7, "a length of 2^63"),
    (1002, b"\x82\xff" + b"\xff" * 8, "a length of 2^64 - 1"),
    (1009, b"\x82\xff\x7f" + b"\xff" * 7 + b"mask", "a length of 2^63 - 1"),
    (1009, b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"mask", "a length of 2^40"),
    (1009, b"\x82\xfe" + struct.pack(">H", 16 * KIB + 1) + b"mask", "one byte too many"),
    (1002, b"\x8b\xff\x7f" + b"\xff" * 7 + b"mask", "a huge frame of an unknown opcode"),
    (1002, frame(2, b"abc", length=(16, 3)), "a 16-bit length of 3"),
    (1002, frame(2, b"abc", length=(64, 3)), "a 64-bit length of 3"),
    (1002, frame(2, HELLO, masked=False), "a frame without a mask"),
    (1002, frame(2, HELLO, rsv=4), "RSV1 without an extension"),
    (1002, frame(2, HELLO, rsv=2), "RSV2"),
    (1002, frame(2, HELLO, rsv=1), "RSV3"),
    (1002, frame(3, b""), "a reserved opcode"),
    (1002, frame(15, b""), "a reserved control opcode"),
    (1002, frame(0, b"x"), "a continuation of nothing"),
    (1002, frame(2, b"a", final=False) + frame(2, b"b"), "a message inside a message"),
    (1002, frame(9, b"x" * 126, length=(16, 126)), "a ping of 126 bytes"),
    (1002, frame(9, b"x", final=False), "half a ping"),
    (1002, frame(8, b"x"), "a Close of one byte"),
    (1002, frame(8, struct.pack(">H", 1005)), "a Close with 1005"),
    (1002, frame(8, struct.pack(">H", 999)), "a Close with 999"),
    (1007, frame(8, struct.pack(">H", 1000) + b"\xc0\xaf"), "a reason that is not UTF-8"),
    (1007, frame(1, b"\xed\xa0\x80"), "a surrogate in a text"),
    (1003, frame(1, b"text"), "a text message"),
    (1009, b"".join(frame(2 if not n else 0, b"x" * 8000, final=False) for n in range(4)),
     "fragments of more than 16 KiB"),
    (1008, b"".join(frame(2 if not n else 0, b"x", final=False) for n in range(70)),
     "70 fragments"),
    (1008, frame(2, b"", final=False) + frame(0, b"", final=False) * 70, "70 empty fragments"),
    (1008, frame(9, b"") * 60, "60 pings at once"),
    (1008, frame(10, b"") * 60, "60 pongs at once"),
]


def test_frames_that_are_not_allowed_have_their_code():
    with Siege() as siege:
        for joins in (False, True):
            for code, data, what in HEADER_BOMBS:
                peer = siege.attack()
                peer = peer.join() if joins else peer.upgrade()
                peer.send(data)
                got = peer.close_code()
                assert got == code, f"{what} was closed with {got}, not {code}"
                peer.to_end()
                peer.close()


def test_pings_of_a_peer_that_does_not_read():
    with Siege() as siege:
        peers = []
        for _ in range(20):
            peer = Peer(siege.server, receive_buffer=2048)
            siege.attacks += 1
            peer.upgrade()
            for _ in range(50):
                peer.send(frame(9, b"x" * 125) * 20)
            peers.append(peer)
        for peer in peers:
            assert peer.close_code() in (1008, None)
            peer.close()


def test_connections_that_are_reset_at_any_moment():
    with Siege() as siege:
        stages = [
            b"", b"GET", request()[:60], request(), request() + frame(2, HELLO)[:3],
            request() + frame(2, HELLO), request() + frame(2, HELLO) + frame(2, b"a", final=False),
            request() + frame(2, HELLO) + frame(8, b"\x03\xe8"), request("/nothing"),
            b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        ]
        for number in range(300):
            peer = siege.attack()
            peer.send(stages[number % len(stages)])
            if number % 4 == 1:
                time.sleep(0.02)
            if number % 3:
                peer.reset()
            else:
                peer.close()
        wait_for(lambda: siege.server.metric("hyoshi_connections") == 1, "one connection")


def test_memory_of_attackers_that_stay():
    """THREATS: at most 64 KiB for each connection, whatever it has sent and not read."""
    heads = request("/rooms/r", "X: " + "a" * 7000)[:-2]
    fragments = b"".join(frame(2 if not n else 0, b"x" * 250, final=False) for n in range(60))
    attacks = [
        ("half a head", 7000, lambda peer: peer.send(heads)),
        ("an open message", 15000, lambda peer: peer.upgrade().send(fragments)),
        ("half a frame", 16000, lambda peer: peer.upgrade().send(frame(2, b"x" * 16000)[:-1])),
        ("a seat", 150, lambda peer: peer.upgrade().send(frame(2, HELLO))),
    ]
    count, bytes_in = 60, 'hyoshi_loop_bytes_in_total{loop="0"}'
    with Siege() as siege:
        for what, byte_count, attack in attacks:
            before, read = siege.server.resident(), siege.server.metric(bytes_in)
            peers = []
            for _ in range(count):
                peer = Peer(siege.server, receive_buffer=2048)
                attack(peer)
                peers.append(peer)
            wait_for(
                lambda: siege.server.metric(bytes_in) >= read + count * byte_count,
                "the server to have read it all")
            growth = siege.server.resident() - before
            print(f"        {what}: {growth // count} bytes for each of {count}")
            assert growth <= count * 64 * KIB, f"{what}: {growth} bytes for {count}"
            for peer in peers:
                peer.close()


# Compression

def deflated(data, level=9):
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


OFFER = "Sec-WebSocket-Extensions: permessage-deflate"


def test_deflate_bombs():
    bomb = deflated(b"\0" * (14 * KIB * KIB))
    cases = [
        (1009, frame(2, bomb, rsv=4), "14 MiB of zeros in one frame"),
        (1009, frame(2, bomb[:7000], False, 4) + frame(0, bomb[7000:14000]),
         "a bomb in two frames"),
        (1007, frame(2, b"\xff" * 40, rsv=4), "no deflate data"),
        (1002, frame(2, deflated(HELLO), False, 4) + frame(0, b"", rsv=4),
         "RSV1 on a continuation"),
        (1002, frame(9, b"x", rsv=4), "RSV1 on a ping"),
        (1002, frame(2, deflated(HELLO), rsv=6), "RSV1 and RSV2"),
    ]
    with Siege("--compress") as siege:
        for code, data, what in cases:
            for _ in range(5):
                peer = siege.attack().upgrade("/rooms/r", OFFER)
                peer.send(data)
                got = peer.close_code()
                assert got == code, f"{what} was closed with {got}, not {code}"
                peer.close()
        # Each message is within its limit; together they are too much.
        peer = siege.attack().join("/rooms/r", OFFER)
        peer.send(frame(2, deflated(b"\x92\x05\xc0" + b"\0" * 16000), rsv=4) * 200)
        assert peer.close_code() in (1007, 1008)
        peer.close()


def test_offers_of_compression():
    declined = [
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits=007",
        "permessage-deflate; server_max_window_bits", "x-webkit-deflate-frame",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=8",
    ]
    accepted = [
        "permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=9", "foo, permessage-deflate",
        "permessage-deflate; server_max_window_bits=16, permessage-deflate",
    ]
    with Siege("--compress") as siege:
        for offers, agrees in ((declined, False), (accepted, True)):
            for offer in offers:
                peer = siege.attack()
                peer.send(request("/rooms/r", f"Sec-WebSocket-Extensions: {offer}"))
                head = peer.head()
                assert b" 101 " in head, f"{offer}: {head}"
                assert (b"permessage-deflate" in head) == agrees, f"{offer}: {head}"
                peer.send(frame(2, HELLO))
                assert peer.message()[:3] == WELCOME
                peer.close()


def test_compressed_snapshots_inflate():
    import msgpack

    with Siege("--compress") as siege:
        for offer in (OFFER, OFFER + "; server_max_window_bits=9"):
            bits = 9 if offer.endswith("9") else 15
            peers = [siege.attack().join("/rooms/small", offer) for _ in range(6)]
            for peer in peers:
                seen = compressed = 0
                while seen < 30:
                    each = peer.frame()
                    if each.opcode != 2:
                        continue
                    payload = each.payload
                    if each.rsv & 4:
                        payload = zlib.decompressobj(-bits).decompress(payload + b"\0\0\xff\xff")
                        compressed += 1
                    message = msgpack.unpackb(payload)
                    assert message[0] in (1, 3), message
                    seen += message[0] == 1
                assert compressed or bits == 9
                peer.close()


def test_the_server_module_masks_as_the_rfc_says():
    """A control of the tests' own tool: RFC 6455 section 5.7, a masked hello, with its key."""
    made = under_test.frame(1, b"Hello")
    key, body = made[2:6], made[6:]
    assert bytes(a ^ b for a, b in zip(body, key * 2)) == b"Hello"
    assert made[:2] == b"\x81\x85"
