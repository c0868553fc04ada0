"""The example client of Clients/python, in rooms with a witness who is sent everything in full."""

import asyncio
import pathlib
import subprocess
import sys

import client
import server as under_test

CLIENTS = pathlib.Path(__file__).resolve().parents[2] / "Clients" / "python"
sys.path.insert(0, str(CLIENTS))

import hyoshi_client  # noqa: E402


async def follow(server, game, flag):
    room = f"example-{game}"
    url = f"ws://127.0.0.1:{server.port}/rooms/{room}?game={game}"
    example = hyoshi_client.Client()
    running = asyncio.create_task(example.run(url, "example"))
    await client.until(lambda: example.tick or running.done(), "a snapshot at the example client")
    witness = client.Player(
        server.port, f"{room}?game={game}", "witness", role=1, acknowledges=False)
    await witness.connect()
    watching = asyncio.create_task(witness.play())
    places = set()
    example.hold([flag])
    compared = set()
    try:
        while len(compared) < 300:
            for task in (running, watching):
                if task.done():
                    task.result()
                    raise AssertionError("a connection ended")
            for tick in set(example.states) & set(witness.states) - compared:
                assert example.states[tick] == witness.states[tick], f"tick {tick} differs"
                compared.add(tick)
            own = [row for rows in example.state for row in rows.values()]
            places.add(str(own))
            await asyncio.sleep(0.02)
        assert example.game == game and example.seat == 0
        assert example.counts["delta"] > 5 * example.counts["full"], example.counts
        assert len(places) > 20, "nothing has moved"
        lines = list(example.table())
        assert lines[0].startswith(f"{game} · {room} · tick ") and len(lines) > 2, lines
    finally:
        running.cancel()
        watching.cancel()


def test_the_example_client_decodes_every_delta_of_two_games():
    with under_test.Server("--game", "arena,tag") as server:
        asyncio.run(follow(server, "arena", "thrust"))
        asyncio.run(follow(server, "tag", "left"))


def test_the_example_program_prints_a_table_and_leaves():
    with under_test.Server() as server:
        program = [sys.executable, str(CLIENTS / "hyoshi_client.py")]
        done = subprocess.run(
            [*program, f"ws://127.0.0.1:{server.port}/rooms/r", "--hold", "fire", "--seconds", "3"],
            capture_output=True, text=True, timeout=60, env={"PYTHONIOENCODING": "utf-8"})
        assert done.returncode == 0, done.stderr
        assert "arena · r · tick" in done.stdout and "shot" in done.stdout, done.stdout
        under_test.wait_for(lambda: server.room("r")["players"] == 0, "the seat to be free")


def test_the_example_client_has_150_lines_at_most():
    lines = (CLIENTS / "hyoshi_client.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150, len(lines)
    assert max(map(len, lines)) <= 100
