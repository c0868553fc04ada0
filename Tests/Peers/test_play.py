"""An independent client plays a whole minute."""

import asyncio
import time

import client
import decoder
import server as under_test

SECONDS = 60


async def minute(server):
    players = [
        client.Player(server.port, "minute", f"player {number}", seed=number)
        for number in range(3)
    ]
    # Who never acknowledges gets every snapshot in full: the measure for the others' deltas.
    witness = client.Player(server.port, "minute", "witness", role=1, acknowledges=False)
    everyone = [*players, witness]
    for each in everyone:
        await each.connect()
    assert [each.seat for each in everyone] == [0, 1, 2, None]
    assert players[0].rate == 60 and players[0].game == "arena"
    tasks = [asyncio.create_task(each.play()) for each in everyone]
    compared = [0]

    def compare():
        for player in players:
            for tick in set(player.states) & set(witness.states):
                assert player.states[tick] == witness.states[tick], f"tick {tick} differs"
                compared[0] += 1
            player.states.clear()

    try:
        started = time.monotonic()
        await client.until(lambda: witness.ticks, "a first snapshot")
        for second in range(SECONDS):
            await asyncio.sleep(1)
            for task in tasks:
                if task.done():
                    task.result()
                    raise AssertionError("a connection ended")
            compare()
            await players[second % 3].ping()
            if second == 10:
                await talk(players, witness)
            if second == 30:
                tasks[1] = await resume(players, tasks[1], server)
        elapsed = time.monotonic() - started
        compare()
        check(players, witness, server, elapsed, compared[0])
        await leave(players, witness, tasks)
    finally:
        for task in tasks:
            task.cancel()


async def talk(players, witness):
    for number in range(5):
        await players[0].say(f"hello {number}")
    await players[1].say(b"\x00\xff\xfe")
    await players[2].say("psst", target=1)
    await client.until(
        lambda: all(not each.sent_events for each in players), "the events to be taken")
    await client.until(lambda: len(players[1].events) == 7, "all events at player 1")
    await client.until(lambda: len(witness.events) == 6, "the room's events at the spectator")
    texts = [payload for sender, scope, payload in players[1].events if sender == 0 and scope == 0]
    assert texts == [f"hello {number}" for number in range(5)], texts
    assert (2, 1, "psst") in players[1].events
    assert (1, 0, b"\x00\xff\xfe") in witness.events
    assert all(payload != "psst" for _, _, payload in players[0].events + witness.events)


async def resume(players, task, server):
    player = players[1]
    seat, token, ship = player.seat, player.token, player.own_ship()
    player.kill()
    await asyncio.wait_for(task, 60)
    await client.until(
        lambda: [1, "player 1", 1] in players[0].roster, "the roster to show the seat held")
    # What is said in the meantime waits for it; what it could not say it says again.
    await players[0].say("are you there?")
    events = len(player.events)
    before = player.full
    await player.connect(token)
    assert player.seat == seat and player.token != token
    task = asyncio.create_task(player.play())
    await player.repeat_events()
    await client.until(lambda: len(player.events) == events + 1, "the event of the meantime")
    await client.until(lambda: [1, "player 1", 0] in players[0].roster, "the seat to be present")
    assert player.full > before, "a full snapshot comes first"
    assert ship is None or player.own_ship() in (ship, None), "another ship"
    # The token was for one use, and the player has spoken since.
    thief = client.Player(server.port, "minute")
    try:
        await thief.connect(token)
        raise AssertionError("a used token was taken")
    except client.websockets.ConnectionClosed as closed:
        assert closed.rcvd.code == 4401, closed
    return task


def check(players, witness, server, elapsed, compared):
    room = server.room("minute")
    together = room["ticks"] - room["lateness"]["count"]
    for each in [*players, witness]:
        assert each.ticks == sorted(set(each.ticks)), "ticks ascend"
    missing = witness.ticks[-1] - witness.ticks[0] + 1 - len(witness.ticks)
    assert missing <= together, f"{missing} ticks are missing, {together} were made at once"
    deadlines = witness.ticks[-1] - witness.ticks[0] + room["droppedTicks"]
    assert abs(deadlines / elapsed / 60 - 1) < 0.05, f"{deadlines} deadlines in {elapsed} s"
    assert witness.deltas == 0 and witness.full == len(witness.ticks)
    for player in players:
        assert player.deltas > 10 * player.full, f"{player.full} full, {player.deltas} deltas"
        assert player.margins, "no margin was told"
        assert player.snapshots.hashes > 5, "no hash was checked"
        assert player.pongs and all(stamp > 0 for stamp, _, _ in player.pongs)
    assert compared > len(witness.ticks), f"only {compared} states were compared"
    assert room["inputs"]["applied"] > 1000, room["inputs"]
    assert players[0].rows("ship") and players[0].rows("rock")
    # The ships were steered, so they have been in many places.
    assert len(players[0].places) > 100, players[0].places


async def leave(players, witness, tasks):
    await players[0].send([6])
    await asyncio.wait_for(tasks[0], 60)
    assert players[0].closed == 1000, players[0].closed
    await players[1].socket.close(1000)
    await client.until(lambda: [entry[0] for entry in witness.roster] == [2], "seats to be free")


def test_a_whole_minute_of_the_arena():
    with under_test.Server() as server:
        asyncio.run(minute(server))
        assert server.is_alive


def test_two_hundred_ticks_against_the_last_written():
    """The policy is the server's: a client acknowledges as ever and decodes the same."""

    async def play(server):
        player = client.Player(server.port, "written", "ann", last_written=True)
        await player.connect()
        assert player.rewind == 6, player.rewind
        task = asyncio.create_task(player.play())
        await client.until(lambda: len(player.ticks) >= 200 or task.done(), "200 snapshots")
        if task.done():
            task.result()
        assert player.deltas > 150 and player.full < 40, (player.deltas, player.full)
        assert player.snapshots.hashes >= 3
        task.cancel()

    flags = ["--baseline", "last-written", "--rewind-milliseconds", "100"]
    with under_test.Server(*flags) as server:
        asyncio.run(play(server))


def test_a_desync_is_found_and_healed():
    async def play(server):
        player = client.Player(server.port, "astray", "ann")
        await player.connect()
        task = asyncio.create_task(player.play())
        await client.until(lambda: player.snapshots.deltas > 10, "some deltas")
        full, tick = player.full, player.snapshots.newest
        state = player.snapshots.states[tick]
        columns = decoder.column_hashes(player.snapshots.kinds, state)
        position = [each.name for each in player.snapshots.kinds].index("rock")
        before = sum(1 + len(each.fields) for each in player.snapshots.kinds[:position])
        columns[before + 2] ^= 1
        await player.send([7, tick, columns])
        await client.until(lambda: player.desyncs or task.done(), "the server's answer")
        assert player.desyncs == [(tick, position, 1)], player.desyncs
        await client.until(lambda: player.full > full, "a full snapshot")
        deltas = player.deltas
        await client.until(lambda: player.deltas > deltas or task.done(), "deltas again")
        assert server.metric("hyoshi_desyncs_total") == 1
        task.cancel()

    with under_test.Server() as server:
        asyncio.run(play(server))


def test_commands_that_miss_their_tick_are_told():
    async def play(server):
        player = client.Player(server.port, "late", "ann")
        await player.connect()
        task = asyncio.create_task(player.play())
        await client.until(lambda: player.snapshots.newest > 20, "some ticks")
        player.sequence += 1
        await player.send([2, player.sequence, 10**6, 0, [0] * len(player.inputs), 9])
        await client.until(
            lambda: task.done() or player.counters and player.counters[2] == 1, "the counters")
        assert player.counters[0] > 0 and player.counters[4] == 0, player.counters
        task.cancel()

    with under_test.Server() as server:
        asyncio.run(play(server))


def test_two_hundred_ticks_in_two_games_at_once():
    """Another game's declaration decodes with the same code."""

    async def play(server):
        player = client.Player(server.port, "hunt?game=tag", "hunter")
        await player.connect()
        assert player.game == "tag" and [each.name for each in player.inputs] == ["keys"]
        task = asyncio.create_task(player.play())
        await client.until(lambda: len(player.ticks) >= 200 or task.done(), "200 snapshots")
        if task.done():
            task.result()
        assert player.deltas > 100 and player.rows("person")
        task.cancel()

    with under_test.Server("--game", "arena,tag") as server:
        asyncio.run(play(server))
