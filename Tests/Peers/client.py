"""A player over `websockets` and `msgpack`, written from docs/protocol.md alone."""

import asyncio
import random
import struct
import time

import msgpack
import websockets

import decoder

SEQUENCES = 2**16


class Player:
    def __init__(self, port, room, name="", role=0, acknowledges=True, seed=1, last_written=False):
        self.url = f"ws://127.0.0.1:{port}/rooms/{room}"
        self.name, self.role, self.acknowledges = name, role, acknowledges
        self.random = random.Random(seed)
        self.last_written = last_written
        self.desyncs = []  # (tick, kind, field)
        self.counters = None
        self.token = None
        self.seat = None
        self.events = []  # (from, scope, payload)
        self.handled_event = 0
        self.sent_events = {}
        self.next_event = 1
        self.pongs = []
        self.roster = []
        self.ticks = []
        self.states = {}
        self.full = self.deltas = 0
        self.margins = []
        self.places = set()  # the first numbers of the own ship
        self.welcomes = 0
        self.closed = None

    async def connect(self, token=None):
        self.socket = await websockets.connect(
            self.url, subprotocols=["hyoshi.v1"], compression=None, max_size=2**20)
        assert self.socket.subprotocol == "hyoshi.v1"
        self.sequence = self.random.randrange(SEQUENCES)
        self.lead, self.calm = 6, 0
        self.commands = {}
        self.last_addressed = 0
        await self.send([1, 1, self.name, self.role, token])
        first = msgpack.unpackb(await self.socket.recv())
        assert first[0] == 2, "the welcome comes first"
        self.welcome(first)

    def welcome(self, message):
        (_, version, self.room, self.game, seat, self.seats, self.rate, tick, token, inputs,
         kinds, self.rewind, taken) = message[:13]
        assert version == 1 and 0 <= self.rewind <= 255
        self.take_events(taken)
        assert self.seat is None or seat == self.seat, "another seat"
        self.seat, self.token = seat, token
        assert (token is None) == (self.role == 1) and (token is None or len(token) == 16)
        self.inputs = [decoder.field(row) for row in inputs]
        self.snapshots = decoder.Snapshots(
            [decoder.kind(row) for row in kinds], self.last_written)
        self.welcomes += 1
        self.has_roster = False

    async def send(self, message):
        await self.socket.send(msgpack.packb(message))

    async def play(self):
        """Reads until the connection ends; answers as a client does."""
        try:
            async for data in self.socket:
                assert isinstance(data, bytes), "messages are binary"
                await self.take(msgpack.unpackb(data))
        except websockets.ConnectionClosed:
            pass
        self.closed = self.socket.close_code

    async def take(self, message):
        kind = message[0]
        if kind == 1:
            await self.take_snapshot(message)
        elif kind == 3:
            self.roster = [entry[:3] for entry in message[1]]
            seats = [entry[0] for entry in self.roster]
            assert seats == sorted(set(seats)), "seats ascend"
            self.has_roster = True
        elif kind == 4:
            _, number, sender, scope, payload = message[:5]
            if number > self.handled_event:
                assert number == self.handled_event + 1, "an event was skipped"
                self.handled_event = number
                self.events.append((sender, scope, payload))
            await self.send([3, self.snapshots.acknowledged, self.handled_event])
        elif kind == 5:
            self.take_events(message[1])
        elif kind == 6:
            self.pongs.append(message[1:4])
        elif kind == 7:
            self.desyncs.append(tuple(message[1:4]))
        elif kind == 8:
            self.counters = message[1:6]

    async def take_snapshot(self, message):
        _, sequence, margin, tick, distance, body, *further = message
        assert self.has_roster, "the roster comes before the first snapshot"
        state = self.snapshots.take(tick, distance, body, further[0] if further else None)
        tick = self.snapshots.newest
        self.full += distance == 0
        self.deltas += distance != 0
        self.ticks.append(tick)
        self.states[tick] = state
        self.states.pop(tick - 600, None)
        if (ship := self.own_ship()) is not None:
            self.places.add(tuple(self.rows("ship")[ship][:4]))
        if margin is not None:
            assert -32 <= margin <= 127
            self.margins.append(margin)
            self.steer_lead(margin)
        if self.acknowledges:
            self.snapshots.acknowledged = tick
        if self.role == 0 and tick % 2 == 0:
            await self.send_input(tick, sequence)

    def steer_lead(self, margin):
        self.calm = self.calm + 1 if margin > 3 else 0
        if margin < 1:
            self.lead = min(self.lead + 1, 24)
        elif self.calm > 60:
            self.lead, self.calm = max(self.lead - 1, 2), 0

    async def send_input(self, tick, _received):
        target = tick + self.lead
        if target <= self.last_addressed:
            return
        steer = self.random.choice([1, 1, 3, 5, 0])
        self.commands[target] = [steer, self.random.randrange(2)]
        values = []
        for each in range(target, max(target - 4, 0), -1):
            values += self.commands.get(each) or self.newest_before(each)
        self.commands = {at: command for at, command in self.commands.items() if at > tick - 20}
        self.last_addressed = target
        self.sequence = (self.sequence + 1) % SEQUENCES
        await self.send([2, self.sequence, target, self.snapshots.acknowledged, values])

    def newest_before(self, tick):
        earlier = [at for at in self.commands if at <= tick]
        return self.commands[max(earlier)] if earlier else [0] * len(self.inputs)

    async def say(self, payload, target=None):
        number = self.next_event
        self.next_event += 1
        self.sent_events[number] = [4, number, 0 if target is None else 1, target, payload]
        await self.send(self.sent_events[number])

    def take_events(self, newest):
        """The server has taken the events up to a number; the next ones follow on that."""
        self.sent_events = {
            number: event for number, event in self.sent_events.items() if number > newest}
        self.next_event = max(self.next_event, newest + 1)

    async def repeat_events(self):
        for number in sorted(self.sent_events):
            await self.send(self.sent_events[number])

    async def ping(self):
        await self.send([5, time.monotonic_ns() // 1000])

    def kill(self):
        """The connection is gone without a word, as when a cable is pulled."""
        import socket

        raw = self.socket.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.transport.abort()

    def rows(self, kind, state=None):
        position = [each.name for each in self.snapshots.kinds].index(kind)
        return (state or self.snapshots.states[self.snapshots.newest])[position]

    def own_ship(self):
        names = [each.name for each in self.snapshots.kinds]
        if "ship" not in names or self.seat is None:
            return None
        position = names.index("ship")
        owner = [each.name for each in self.snapshots.kinds[position].fields].index("owner")
        for number, numbers in self.rows("ship").items():
            if numbers[owner] == self.seat:
                return number
        return None


async def until(condition, what, seconds=60):
    for _ in range(seconds * 20):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain: {what}")
