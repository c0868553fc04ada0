"""A player of any Hyoshi game, from docs/protocol.md alone; needs websockets and msgpack (PyPI)."""

import argparse
import asyncio

import msgpack
import websockets


class Field:
    """One number of an entity or an input, as the welcome declares it."""

    def __init__(self, row):
        (self.name, self.use, self.low, self.high, self.step, self.scale, self.unit, self.wraps,
         self.change) = row[:9]

    def fold(self, number):
        if self.wraps:
            return self.low + (number - self.low) % (self.high - self.low + 1)
        return min(max(number, self.low), self.high)


class Kind:
    """One kind of entities, and its rows by id."""

    def __init__(self, row):
        self.name, self.capacity = row[:2]
        self.fields = [Field(each) for each in row[2]]
        self.order = []  # a change field comes before those that use it
        while len(self.order) < len(self.fields):
            self.order += [at for at, field in enumerate(self.fields) if at not in self.order
                           and (field.change is None or field.change in self.order)]

    def full(self, run):
        rows, number, width = {}, 0, len(self.fields)
        for start in range(0, len(run), width + 1):
            number += run[start] % 2**32
            rows[number] = run[start + 1 : start + 1 + width]
        return rows

    def delta(self, baseline, ticks, removed, changed):
        rows, number, at = dict(baseline), 0, 0
        for gap in removed:
            number += gap % 2**32
            del rows[number]
        rows = {number: self.moved(row, ticks, {}) for number, row in rows.items()}
        number = 0
        while at < len(changed):
            number, mask, at = number + changed[at] % 2**32, changed[at + 1], at + 2
            named = [bit for bit in range(len(self.fields)) if mask >> bit & 1]  # −1: all
            numbers, at = changed[at : at + len(named)], at + len(named)
            # A new row comes whole, of another what differs from the expected.
            rows[number] = numbers if mask == -1 else self.moved(
                baseline[number], ticks, dict(zip(named, numbers)))
        return dict(sorted(rows.items()))

    def moved(self, old, ticks, differences):
        new = list(old)
        for at in self.order:
            field, by = self.fields[at], self.fields[at].change
            if by is not None and self.fields[by].step == field.step:
                growth = (new[by] - old[by]) * (ticks + 1) // 2
                new[at] = field.fold(old[at] + ticks * old[by] + growth)
            if at in differences:
                new[at] += differences[at]
                new[at] = field.fold(new[at]) if field.wraps else (new[at] + 2**31) % 2**32 - 2**31
        return new


class Client:
    """One connection to a room; `state` is the newest snapshot: a dictionary of rows per kind."""

    def __init__(self):
        self.tick = self.acknowledged = self.sequence = 0
        self.states = {}  # the baselines, by tick
        self.held = []  # the numbers of the next command
        self.kinds, self.state, self.socket = [], [], None
        self.counts = {"full": 0, "delta": 0, "bytes": 0}

    async def send(self, message):
        await self.socket.send(msgpack.packb(message))

    async def run(self, url, name=""):
        self.socket = await websockets.connect(url, subprotocols=["hyoshi.v1"], max_size=2**20)
        await self.send([1, 1, name])
        async for data in self.socket:
            self.counts["bytes"] += len(data)
            kind, *rest = msgpack.unpackb(data)
            if kind == 1:
                await self.take_snapshot(*rest[:5])
            elif kind == 2:
                _, self.room, self.game, self.seat, _, self.rate, _, self.token = rest[:8]
                self.inputs = [Field(row) for row in rest[8]]
                self.kinds = [Kind(row) for row in rest[9]]
                self.held = [field.fold(0) for field in self.inputs]
            elif kind == 4:  # an event is acknowledged, or it comes again
                await self.send([3, self.acknowledged, rest[0]])

    async def take_snapshot(self, _sequence, _margin, tick, distance, body):
        if distance:  # of a delta's tick the low 16 bits come
            tick = self.tick + 1 + (tick - self.tick - 1) % 2**16
            old = self.states[tick - distance]
            groups = dict(zip(body[::3], zip(body[1::3], body[2::3])))
            state = [kind.delta(old[at], distance, *groups.get(at, ([], [])))
                     for at, kind in enumerate(self.kinds)]
        else:
            state = [kind.full(run) for kind, run in zip(self.kinds, body)]
        self.counts["delta" if distance else "full"] += 1
        self.tick = self.acknowledged = tick
        self.state = self.states[tick] = state
        self.states = dict(list(self.states.items())[-65:])
        self.sequence = (self.sequence + 1) % 2**16
        await self.send([2, self.sequence, 0, self.acknowledged, self.held])  # 0: for the next tick

    def hold(self, names):
        """Holds exactly these flags, by the names that the game gives its bits."""
        for at, field in enumerate(self.inputs):
            bits = enumerate(field.unit.split() if field.use == 1 else [])  # use 1: flags
            self.held[at] = sum(1 << bit for bit, name in bits if name in names)

    def table(self):
        yield f"{self.game} · {self.room} · tick {self.tick} · seat {self.seat} · {self.counts}"
        for kind, rows in zip(self.kinds, self.state):
            yield f"{kind.name:>10.10}" + "".join(f"{each.name:>11.10}" for each in kind.fields)
            for number, row in list(rows.items())[:8]:
                values = (each * field.step / field.scale for each, field in zip(row, kind.fields))
                yield f"{number:>10}" + "".join(f"{round(value, 2):>11g}" for value in values)


async def main(url, name, hold, seconds):
    client = Client()
    reading = asyncio.create_task(client.run(url, name))
    for _ in range(seconds):
        await asyncio.wait([reading], timeout=1)
        if reading.done():
            raise SystemExit(reading.exception() or f"closed with {client.socket.close_code}")
        if client.kinds:
            client.hold(hold.split(","))
            print(*client.table(), sep="\n", flush=True)
    await client.send([6])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--name", default="python")
    parser.add_argument("--hold", default="", help="flags to hold, by their names")
    parser.add_argument("--seconds", type=int, default=10)
    asyncio.run(main(**vars(parser.parse_args())))
