#!/usr/bin/env python3
"""Writes the first inputs of every fuzz target: make-seeds.py FOLDER, then Fuzz/minimise.sh."""

import pathlib
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "Tests" / "GameProtocolTests" / "Fixtures"
RECORDED = ROOT / "Tests" / "RecordingTests" / "Fixtures"
KEY = bytes([0x11, 0xA2, 0x73, 0xF4])

REQUEST = (
    "GET /rooms/r{query} HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{extra}\r\n"
)


def frame(first, payload=b"", masked=True):
    """A frame by the letter of RFC 6455 section 5.2."""
    size = len(payload)
    bit = 0x80 if masked else 0
    head = bytes([first])
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if masked:
        payload = bytes(byte ^ KEY[index % 4] for index, byte in enumerate(payload))
        head += KEY
    return head + payload


def deflated(data):
    """A message as RFC 7692 section 7.2.1 has it, without its tail."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def handshakes():
    offers = [
        "permessage-deflate", "permessage-deflate; client_max_window_bits",
        'permessage-deflate; server_max_window_bits="10"; server_no_context_takeover',
        "foo; a=b, permessage-deflate; client_no_context_takeover",
    ]
    requests = [REQUEST.format(query="", extra="")]
    requests += [
        REQUEST.format(query="?game=arena", extra=f"Sec-WebSocket-Extensions: {offer}\r\n")
        for offer in offers
    ]
    requests += [
        REQUEST.format(query="", extra="Sec-WebSocket-Protocol: chat, hyoshi.v1\r\n"),
        REQUEST.format(query="", extra="Origin: https://example.org\r\n"),
        REQUEST.format(query="", extra="Sec-WebSocket-Version: 12\r\n"),
        REQUEST.format(query="", extra="Content-Length: 5\r\n") + "12345",
        "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip;q=0.5, *\r\n\r\n",
        "HEAD /%41/b?x=%2f&game=a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET http://h/ HTTP/1.1\r\n",
    ]
    answers = [RESPONSE.format(extra="")]
    answers += [RESPONSE.format(extra=f"Sec-WebSocket-Extensions: {offer}\r\n") for offer in offers]
    answers += [
        RESPONSE.format(extra="Sec-WebSocket-Protocol: hyoshi.v1\r\n"),
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n",
    ]
    return (
        [b"\x07" + text.encode() for text in requests],
        [bytes([5, index % 2]) + text.encode() for index, text in enumerate(answers)]
        + [b"\x05\x01" + text.encode() for text in answers],
    )


def conversations(masked):
    def f(first, payload=b""):
        return frame(first, payload, masked)

    text = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!! \U0001f680".encode()
    broken = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"
    plain = [
        f(0x81, b"*" * 125) + f(0x82, bytes(126)), f(0x82, bytes(300)), f(0x81, text),
        f(0x81, broken), f(0x01, text[:7]) + f(0x89, b"ping") + f(0x80, text[7:]),
        f(0x02, b"a") + f(0x00, b"b") + f(0x00) + f(0x80, b"c"), f(0x80, b"x"),
        f(0x89) + f(0x8A, b"unsolicited") + f(0x89, bytes(125)), f(0x89, bytes(126)),
        f(0x88, struct.pack(">H", 1000) + b"bye") + f(0x81, b"after"), f(0x88), f(0x88, b"\x03"),
        f(0x88, struct.pack(">H", 1005)), f(0x88, struct.pack(">H", 1000) + broken),
        f(0x91, b"rsv"), f(0x83, b"opcode"), f(0x8B), f(0x09, b"fragmented"),
        b"\x82\xff\x80" + bytes(7) + KEY, b"\x82\xfe\x00\x05" + KEY + b"12345",
        f(0x01, b"a") + f(0x81, b"b"), frame(0x81, b"wrong mask", not masked),
    ]
    packed = deflated(text)
    compressed = [
        f(0xC1, packed) + f(0xC1, packed), f(0x41, packed[:5]) + f(0x80, packed[5:]),
        f(0xC2, deflated(bytes(5000))), f(0xC2, b"\x00"), f(0xC2), f(0xC2, b"\xff\xff\xff"),
        f(0xC1, deflated(broken)), f(0xC2, deflated(bytes(40000))),
        f(0xC2, b"\x01\x05\x00\xfa\xffHello\x00"), f(0xC9, b"compressed ping"),
    ]
    return (
        [b"\x00\x03" + bytes_ for bytes_ in plain] + [b"\x04\x02" + plain[5], b"\x04\x02" + plain[7]]
        + [bytes([mode, 3]) + bytes_ for mode in (1, 3) for bytes_ in compressed]
    )


def messagepack():
    # Of every kind and width one, nested, cut short, and declaring more than there is.
    return [
        bytes.fromhex(text) for text in (
            "c0 c2 c3 00 7f e0 ff cc80 cd0100 ce00010000 cf0000000100000000 d080 d18000 d280000000"
            " d38000000000000000 ca3f800000 cb3ff0000000000000 cb7ff8000000000000 a3616263 a2c328"
            " d903616263 da0003616263 db00000003616263 c40201ff c5000201ff c60000000201ff 90"
            " 93010203 dc0003010203 dd00000003010203 81a16101 82a16101a16102 de0001a16101"
            " df00000001a16101 dd7fffffff c1 d40000 ffff 9193919293c0 91919191919191919191c0"
            " 83a161c0a16290a163c3 cfffffffffffffffff dbffffffff c6ffffffff"
        ).split()
    ]


def messages():
    golden = {path.stem: path.read_bytes() for path in sorted(GOLDEN.glob("*.bin"))}
    server = ["welcome", "roster", "snapshot-full", "snapshot-delta", "snapshot-hash", "event",
              "events-taken", "pong", "desync-answer", "counters"]
    client = [golden[name] for name in golden if name not in server]
    answers = [golden[name] for name in server]

    def listed(parts):
        return b"".join(bytes([len(part)]) + part for part in parts if len(part) < 255)

    return (
        [bytes([2]) + message for message in client],
        [b"\x00" + listed([message]) for message in answers if len(message) < 255]
        + [b"\x01\xff" + golden["welcome"], b"\x00" + listed(answers),
           b"\x00" + listed([golden["snapshot-delta"]] * 2 + [golden["snapshot-full"]])],
        client,
    )


def connections(client):
    # The actions of ServerCoreTarget: 1 request, 3 a message, 4 a frame, 5 time, 9 a new connection.
    def act(number, payload=b""):
        return bytes([number, len(payload)]) + payload

    hello = b"\x93\x01\x01\xa3Zed"
    joined = b"\x01" + act(3, hello)
    seeds = [b"\x00" + joined + b"\x05\x40", b"\x01\x02" + act(3, hello) + b"\x05\x80", b"\x00\x08"]
    seeds += [b"\x00" + joined + act(3, message) + b"\x05\x20" for message in client]
    seeds += [
        b"\x00\x08" + b"".join(act(3, message) for message in client[:6]) + b"\x05\x64\x09\x08",
        b"\x00\x08\x06\x05\xff\x05\xff\x07\x05\x20", b"\x00\x08\x04\x89\x03abc\x05\x11",
        b"\x00\x08\x04\x88\x02\x03\xe8\x05\x11", b"\x00\x08\x04\x81\x02hi\x05\x11",
        b"\x00\x00\x12GET / HTTP/1.1\r\nHo\x00\x06st: h\r\x00\x04\n\r\n\r\x05\x05",
        b"\x00\x00" + bytes([200]) + REQUEST.format(query="", extra="").encode()[:200] + b"\x05\xff" * 9,
        b"\x00" + b"\x08\x05\x20\x09" * 5,
    ]
    return seeds


def recordings():
    # Whole files, and their blocks for the target to frame: 1, then type, length and payload.
    data = (RECORDED / "drifters-1.hyoshi").read_bytes()
    arena = (RECORDED / "arena-1.hyoshi").read_bytes()
    blocks = []
    history = b""
    position = 8
    while position < len(arena):
        kind, count = arena[position], int.from_bytes(arena[position + 1:position + 4], "little")
        payload = arena[position + 5:position + 5 + count]
        if kind & 0x80:
            before = history[-4096:] if kind & 0x7F == 2 else b""
            payload = zlib.decompressobj(-15, zdict=before).decompress(
                payload + b"\x00\x00\xff\xff")
        history = history + payload if kind & 0x7F == 2 else b""
        blocks.append((kind & 0x7F, payload))
        position += 9 + count
    listed = [bytes([kind, len(part)]) + part for kind, part in blocks[1:] if len(part) < 255]
    whole = [bytes([kind, 255]) + part for kind, part in blocks if kind == 3]
    before = b"".join(bytes([2, len(part)]) + part for kind, part in blocks[1:8] if kind == 2)
    return [
        b"\x00" + data, b"\x00" + arena, b"\x00" + data[:400], b"\x01" + b"".join(listed),
        b"\x01" + b"".join(listed[:5]), b"\x01" + before, b"\x01\x04\x02\x00\x00",
        b"\x01\x02\x04\x80\x00\x01\xaa", b"\x01\x02\x08\x80\x00\x40\x02\x06\x02\x01\x02",
    ] + [b"\x01" + b"".join(listed[:10]) + state for state in whole[:1]]


def main():
    folder = pathlib.Path(sys.argv[1])
    requests, answers = handshakes()
    client, server, plain_client = messages()
    samples = [b"", b"Hello", bytes(1000), bytes(range(256)) * 3]
    streams = [deflated(sample) for sample in samples]
    streams += [zlib.compress(sample)[2:-4] for sample in samples] + [b"\x06\x00", b"\x01\x00\x00\xff\xff"]
    for name, seeds in {
        "request-head": requests, "handshake-response": answers,
        "websocket-server": conversations(True), "websocket-client": conversations(False),
        "inflate": [b"\x02" + stream for stream in streams],
        "messagepack": messagepack(), "client-message": client, "server-message": server,
        "server-core": connections(plain_client), "recording": recordings(),
    }.items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        for index, seed in enumerate(seeds):
            (target / f"seed-{index:02}").write_bytes(seed)


main()
