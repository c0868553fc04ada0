"""Writes vectors.txt: what Python's msgpack makes of values, and a plain notation of each value.

    pip install msgpack && python make-vectors.py > vectors.txt

Each line is the message in hex, a space, and the value:
    nil  true  false  i<decimal>  f<bits of the double in hex>  s<UTF-8 in hex>  b<hex>
    [ value ... ]  { key value ... }
"""

import random
import struct

import msgpack


def notation(value):
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "f" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, bytes):
        return "b" + value.hex()
    if isinstance(value, list):
        return " ".join(["[", *map(notation, value), "]"])
    pairs = (f"{notation(key)} {notation(item)}" for key, item in value.items())
    return " ".join(["{", *pairs, "}"])


def generated(source, depth):
    choice = source.randrange(10 if depth > 0 else 7)
    if choice == 0:
        return source.choice([None, True, False])
    if choice <= 3:
        return source.choice([1, -1]) * (source.getrandbits(63) >> source.randrange(63))
    if choice == 4:
        return source.uniform(-1e9, 1e9)
    if choice == 5:
        return "".join(source.choice("aZ é拍子🚀\0") for _ in range(source.randrange(12)))
    if choice == 6:
        return source.randbytes(source.randrange(12))
    count = source.randrange(5)
    if choice <= 8:
        return [generated(source, depth - 1) for _ in range(count)]
    keys = [source.choice([f"key {index}", index - 2]) for index in range(count)]
    return {key: generated(source, depth - 1) for key in keys}


def values():
    yield from (None, True, False)
    edges = {0, 2**64 - 1, 2**64 - 2, -(2**63), -(2**63) + 1}
    for bits in (5, 7, 8, 15, 16, 31, 32, 63):
        for offset in (-1, 0, 1):
            edges.update((2**bits + offset, max(-(2**bits) + offset, -(2**63))))
    yield from sorted(edges)
    yield from (0.0, -0.0, 1.5, -2.25, 1e300, 5e-324)
    for count in (0, 1, 31, 32, 255, 256):
        yield "x" * count
        yield b"\xff" * count
    yield "拍子"
    for count in (0, 1, 15, 16):
        yield [index for index in range(count)]
        yield {f"k{index}": None for index in range(count)}
    yield [None] * 256
    source = random.Random(2026)
    for _ in range(150):
        yield generated(source, 4)


for value in values():
    print(msgpack.packb(value).hex(), notation(value))
