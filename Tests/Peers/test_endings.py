"""How a server begins and ends: signals, flags, ports, and too few descriptors."""

import os
import signal
import subprocess
import time

from server import HELLO, PATIENCE, WELCOME, Bystander, Peer, Server, frame, wait_for


def run(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYOSHI_")}
    return subprocess.run(
        [os.environ["HYOSHI"], "serve", *arguments], capture_output=True, text=True,
        timeout=PATIENCE, env={**clean, **environment})


def ends_on(number):
    with Server("--loops", "2") as server:
        peers = [Peer(server).join(f"/rooms/r{each % 5}") for each in range(40)]
        greeting = Peer(server).upgrade()
        idle = Peer(server)
        # Some of them are busy, and one does not read.
        for each in peers[:20]:
            each.send(frame(2, b"\x92\x05\x01") * 50)
        started = time.monotonic()
        server.process.send_signal(number)
        for each in [*peers, greeting]:
            code = each.close_code()
            assert code == 1001, f"closed with {code}, not 1001"
        idle.to_end()
        assert server.process.wait(timeout=PATIENCE) == 0, "".join(server.errors)
        print(f"        ended in {time.monotonic() - started:.1f} s")
        for each in [*peers, greeting, idle]:
            each.close()


def test_sigterm_says_goodbye_to_all():
    ends_on(signal.SIGTERM)


def test_sigint_says_goodbye_to_all():
    ends_on(signal.SIGINT)


def test_a_stop_does_not_wait_for_those_who_do_not_answer():
    with Server() as server:
        peers = [Peer(server, receive_buffer=2048).join() for _ in range(10)]
        assert server.stop() == 0
        for each in peers:
            each.close()


def test_a_port_in_use_is_named():
    with Server() as server:
        for flags in (["--port", str(server.port), "--admin-port", "0"],
                      ["--port", str(server.port), "--admin-port", "0", "--loops", "2"]):
            result = run(*flags)
            assert result.returncode == 69, result
            assert "--port" in result.stderr and str(server.port) in result.stderr, result.stderr
        result = run("--port", "0", "--admin-port", str(server.admin))
        assert result.returncode == 69 and "--admin-port" in result.stderr, result
        assert server.is_alive


def test_wrong_settings_are_named():
    wrong = [
        ["--tick-rate", "0"], ["--tick-rate", "241"], ["--tick-rate", "fast"], ["--seats", "65"],
        ["--loops", "0"], ["--max-connections", "0"], ["--max-rooms", "0"], ["--port", "70000"],
        ["--port", "-1"], ["--game", "chess"], ["--rooms", "no spaces"], ["--host", "localhost"],
        ["--admin-host", "everywhere"], ["--pin", "one"], ["--pin", "1023"],
        ["--allow-origin", "play.example"], ["--seat-hold-seconds", "-1"], ["--fifo", "100"],
        ["--rewind-milliseconds", "501"], ["--rewind-milliseconds", "-1"], ["--baseline", "newest"],
        ["--no-such-flag"],
    ]
    for flags in wrong:
        base = [] if flags[0] == "--port" else ["--port", "0"]
        result = run(*base, "--admin-port", "0", *flags)
        assert result.returncode == 64, f"{flags}: {result}"
        assert flags[0] in result.stderr, f"{flags}: {result.stderr}"
    for variable, value in (("HYOSHI_TICK_RATE", "0"), ("HYOSHI_LOOPS", "many"),
                            ("HYOSHI_COMPRESS", "perhaps")):
        result = run("--port", "0", "--admin-port", "0", **{variable: value})
        assert result.returncode == 64 and variable in result.stderr, f"{variable}: {result}"


def test_too_few_descriptors():
    with Server(descriptors=64) as server:
        bystander = Bystander(server)
        wait_for(lambda: bystander.ticks, "the bystander to play")
        before = server.descriptors()
        peers = []
        for _ in range(200):
            peer = Peer(server)
            peer.socket.settimeout(PATIENCE)
            peers.append(peer)
        # Those beyond the limit are told at once, and nobody spins or dies.
        ended = 0
        for peer in peers[100:]:
            ended += peer.to_end() == b""
        assert ended == 100
        before_tick = bystander.ticks[-1]
        wait_for(lambda: bystander.ticks[-1] > before_tick + 30, "snapshots to go on")
        for peer in peers:
            peer.close()
        wait_for(lambda: server.descriptors() <= before, "the descriptors to be free again")
        wait_for(can_join(server), "somebody new to join")
        bystander.finish()


def can_join(server):
    def attempt():
        peer = Peer(server)
        try:
            peer.send(
                b"GET /rooms/r HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"Sec-WebSocket-Version: 13\r\n\r\n" + frame(2, HELLO))
            return peer.status() == 101 and peer.message()[:3] == WELCOME
        finally:
            peer.close()

    return attempt
