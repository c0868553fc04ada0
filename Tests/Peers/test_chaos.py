"""A client over a faulty way sees the same states as one beside the server."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time

import client
import server as under_test

COMPARED = 500  # states


class Chaos:
    """`hyoshi chaos` before a server."""

    def __init__(self, server, *flags):
        command = [
            os.environ["HYOSHI"], "chaos", "--listen", "0", "--to", str(server.port), "--json",
            *flags,
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        self.port = int(re.match(r"127\.0\.0\.1:(\d+) leads to", line).group(1))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=under_test.PATIENCE)
        assert self.process.returncode == 0
        return json.loads(output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


async def play_both(server, chaos):
    near = client.Player(server.port, "chaos", "near", seed=1)
    far = client.Player(chaos.port, "chaos", "far", seed=2)
    witness = client.Player(server.port, "chaos", "witness", role=1, acknowledges=False)
    everyone = [near, far, witness]
    for each in everyone:
        await each.connect()
    tasks = [asyncio.create_task(each.play()) for each in everyone]
    compared = 0
    # What the witness saw, until the late one has seen it too.
    states = {}
    deadline = time.monotonic() + under_test.PATIENCE
    try:
        while compared < COMPARED:
            assert time.monotonic() < deadline, f"{compared} states in {under_test.PATIENCE} s"
            await asyncio.sleep(0.5)
            for task in tasks:
                if task.done():
                    task.result()
                    raise AssertionError("a connection ended")
            states.update(witness.states)
            witness.states.clear()
            near.states.clear()
            for tick in [tick for tick in far.states if tick in states]:
                assert far.states.pop(tick) == states[tick], f"tick {tick} differs"
                compared += 1
        assert far.full < compared / 10, f"{far.full} full snapshots"
        assert not far.desyncs, far.desyncs
    finally:
        for task in tasks:
            task.cancel()
        for each in everyone:
            each.kill()


def test_a_late_and_cut_stream_gives_the_same_states():
    with under_test.Server() as server:
        with Chaos(server, "--net", "4g,stall=3%,piece=97", "--seed", "7") as chaos:
            asyncio.run(play_both(server, chaos))
            results = chaos.stop()
            assert results["connectionCount"] == 1
            assert results["toClient"]["stallCount"] > 0
            assert results["toClient"]["pieceCount"] > results["toClient"]["writeCount"]


def test_a_broken_way_costs_only_the_connection():
    with under_test.Server() as server:
        bystander = under_test.Bystander(server)
        with Chaos(server, "--net", "wifi,reset=5%", "--seed", "3") as chaos:
            for _ in range(5):
                peer = under_test.Peer(chaos)
                peer.send(under_test.request("/rooms/broken"))
                peer.send(under_test.frame(2, under_test.HELLO))
                peer.to_end()
                peer.close()
            results = chaos.stop()
            assert results["endings"] == {"drawnReset": 5}, results["endings"]
        bystander.finish()
