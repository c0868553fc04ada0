"""What docs/protocol.md says about snapshots, in Python: shares no code with the server."""

import dataclasses


class ProtocolViolation(Exception):
    """The server sent something that docs/protocol.md does not allow."""


@dataclasses.dataclass
class Field:
    name: str
    use: int
    low: int
    high: int
    step: int
    wraps: bool
    change: int | None


@dataclasses.dataclass
class Kind:
    name: str
    capacity: int
    fields: list
    order: list  # positions of the fields, each after the one that holds its change


def field(row):
    name, use, low, high, step, _scale, _unit, wraps, change = row[:9]
    return Field(name, use, low, high, step, wraps, change)


def kind(row):
    name, capacity, rows = row[:3]
    fields = [field(each) for each in rows]
    order = []
    while len(order) < len(fields):
        ready = [
            position
            for position, each in enumerate(fields)
            if position not in order and (each.change is None or each.change in order)
        ]
        if not ready:
            raise ProtocolViolation("change fields in a circle")
        order += ready
    return Kind(name, capacity, fields, order)


def fold(each, number):
    if each.wraps:
        return each.low + (number - each.low) % (each.high - each.low + 1)
    return min(max(number, each.low), each.high)


def wrap32(number):
    return (number + 2**31) % 2**32 - 2**31


def expected(each, fields, position, old, new, distance):
    """The number that a receiver of the baseline expects."""
    if each.change is None or fields[each.change].step != each.step:
        return old[position]
    before, now = old[each.change], new[each.change]
    return fold(each, old[position] + distance * before + (now - before) * (distance + 1) // 2)


def word_hash(words):
    """The hash of numbers, docs/protocol.md section 6.4."""
    value = 0xCBF29CE484222325
    for word in words:
        value = (value ^ word % 2**32) * 0x100000001B3 % 2**64
    return (value ^ value >> 32) * 0x9E3779B97F4A7C15 % 2**32


def table_hash(state):
    """The hash that goes with a snapshot."""
    words = []
    for rows in state:
        words.append(len(rows))
        for number in sorted(rows):
            words.append(number)
            words += rows[number]
    return word_hash(words)


def column_hashes(kinds, state):
    """The column hashes of a desync, docs/protocol.md section 6.4."""
    columns = []
    for each, rows in zip(kinds, state):
        ids = sorted(rows)
        columns.append(word_hash([len(ids), *ids]))
        for position in range(len(each.fields)):
            columns.append(word_hash([len(ids), *(rows[number][position] for number in ids)]))
    return columns


class Snapshots:
    """The states of a room by tick: {kind position: {id: [numbers]}}."""

    def __init__(self, kinds, last_written=False):
        self.kinds = kinds
        self.last_written = last_written  # the room's policy for baselines
        self.states = {}
        self.newest = 0
        self.hashes = 0
        self.acknowledged = 0
        self.full = 0
        self.deltas = 0

    def take(self, tick, distance, body, expected_hash=None):
        if distance:
            if not 0 <= tick < 2**16:
                raise ProtocolViolation(f"a delta of tick {tick}")
            tick = self.newest + 1 + (tick - self.newest - 1) % 2**16
        if tick <= self.newest:
            raise ProtocolViolation(f"tick {tick} after {self.newest}")
        if distance == 0:
            state = self.read_full(body)
            self.full += 1
        else:
            state = self.read_delta(self.baseline(tick - distance), distance, body)
            self.deltas += 1
        if expected_hash is not None:
            if table_hash(state) != expected_hash:
                raise ProtocolViolation(f"the hash of tick {tick} differs")
            self.hashes += 1
        self.newest = tick
        self.states[tick] = state
        for old in [old for old in self.states if old < tick - 255]:
            del self.states[old]
        return state

    def baseline(self, tick):
        if self.last_written and tick != self.newest:
            raise ProtocolViolation(f"baseline {tick}, but {self.newest} was written last")
        newest = self.newest if self.last_written and self.acknowledged else self.acknowledged
        if tick not in self.states or not 0 < tick <= newest:
            raise ProtocolViolation(f"baseline {tick} was not acknowledged")
        return self.states[tick]

    def read_full(self, body):
        if len(body) != len(self.kinds):
            raise ProtocolViolation("a full snapshot without all kinds")
        state = []
        for each, run in zip(self.kinds, body):
            width = len(each.fields)
            rows, number = {}, 0
            if len(run) % (width + 1):
                raise ProtocolViolation("half an entity")
            for start in range(0, len(run), width + 1):
                number = self.next_id(number, run[start])
                rows[number] = self.checked(each, run[start + 1 : start + 1 + width])
            state.append(self.bounded(each, rows))
        return state

    def read_delta(self, baseline, distance, body):
        if len(body) % 3:
            raise ProtocolViolation("half a group")
        groups, before = {}, -1
        for start in range(0, len(body), 3):
            position, removed, changed = body[start : start + 3]
            if not before < position < len(self.kinds):
                raise ProtocolViolation("kinds do not ascend")
            before = position
            groups[position] = (removed, changed)
        state = []
        for position, each in enumerate(self.kinds):
            removed, changed = groups.get(position, ([], []))
            state.append(self.changed(each, baseline[position], distance, removed, changed))
        return state

    def changed(self, each, old_rows, distance, removed, changed):
        gone, number = set(), 0
        for gap in removed:
            number = self.next_id(number, gap)
            if number not in old_rows:
                raise ProtocolViolation("an unknown entity is removed")
            gone.add(number)
        named, at, number, width = {}, 0, 0, len(each.fields)
        while at < len(changed):
            number = self.next_id(number, changed[at])
            mask = changed[at + 1]
            at += 2
            if mask == -1:
                if number in old_rows:
                    raise ProtocolViolation("a known entity is new")
                named[number] = (None, self.checked(each, changed[at : at + width]))
                at += width
                continue
            if not 0 < mask < 2**width or number not in old_rows or number in gone:
                raise ProtocolViolation("a change of nothing")
            differences = {}
            for position in range(width):
                if mask >> position & 1:
                    differences[position] = changed[at]
                    at += 1
            named[number] = (differences, None)
        rows = {}
        for number in sorted((set(old_rows) - gone) | set(named)):
            differences, fresh = named.get(number, ({}, None))
            rows[number] = fresh or self.moved(each, old_rows[number], distance, differences)
        return self.bounded(each, rows)

    def moved(self, each, old, distance, differences):
        new = list(old)
        for position in each.order:
            one = each.fields[position]
            number = expected(one, each.fields, position, old, new, distance)
            if position in differences:
                number += differences[position]
                number = fold(one, number) if one.wraps else wrap32(number)
            new[position] = number
        return self.checked(each, new)

    @staticmethod
    def next_id(number, gap):
        if gap == 0:
            raise ProtocolViolation("a gap of 0")
        number += gap % 2**32
        if not 0 < number < 2**32 - 1:
            raise ProtocolViolation("an id out of range")
        return number

    @staticmethod
    def checked(each, numbers):
        numbers = list(numbers)
        if len(numbers) != len(each.fields):
            raise ProtocolViolation("half an entity")
        for one, number in zip(each.fields, numbers):
            if not one.low <= number <= one.high:
                raise ProtocolViolation(f"{each.name}.{one.name} is {number}")
        return numbers

    @staticmethod
    def bounded(each, rows):
        if len(rows) > each.capacity:
            raise ProtocolViolation(f"more than {each.capacity} of {each.name}")
        return rows
