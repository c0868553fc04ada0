#!/usr/bin/env python3
"""Measures the server against a bare C server on this machine, and prints a table.

  make bench                      everything, about seven minutes
  Benchmarks/bench.py cost        processor time per snapshot, as a ratio to the bare server
  Benchmarks/bench.py clients     the most clients at 99 % of their snapshots on one core
  Benchmarks/bench.py memory      resident memory of an idle joined connection
  Benchmarks/bench.py beat        lateness beside cyclictest, and the long-run rate
  Benchmarks/bench.py attack      lateness of ten rooms of bots, alone and beside 100 hostile peers
  Benchmarks/bench.py crash       what a recording has lost when its server is killed

Load and server are pinned to one core each; both talk over loopback only. Only ratios of runs that
alternate mean anything: runs in which the server waited for its core are done again, up to a bound.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build" / "yardstick"
HELLO = "930101a670{client:5}"
INPUT = "9502cd{seq16}000092cc{rnd8}00"
SECONDS = 5
PARTS = ["cost", "clients", "memory", "beat", "attack", "crash"]


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    for name, flags in (("wsload", ["-lm"]), ("rawlimit", ["-DNO_URING"])):
        source = ROOT / "Benchmarks" / "yardstick" / f"{name}.c"
        binary = BUILD / name
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            flags_before = [flag for flag in flags if flag.startswith("-D")]
            flags_after = [flag for flag in flags if flag.startswith("-l")]
            subprocess.run(
                ["cc", "-O2", *flags_before, "-o", binary, source, *flags_after], check=True)


def hyoshi():
    path = os.environ.get("HYOSHI")
    if path:
        return path
    shown = subprocess.run(
        ["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True,
        capture_output=True, text=True).stdout.strip()
    return os.path.join(shown, "hyoshi")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server under test; ended with the block."""

    def __init__(self, command, port, core=0):
        pin = ["taskset", "-c", str(core)] if core is not None else []
        self.process = subprocess.Popen(
            [*pin, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise SystemExit("error: the server did not open its port")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(6)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def load(port, pid, clients, hello, payload, seconds=SECONDS, rate=30, smallest=0):
    command = [
        "taskset", "-c", "1", BUILD / "wsload", "--port", port, "--path", "/rooms/%d",
        "--clients", clients, "--room-size", 16, "--spread-ips", "--hello-hex", hello,
        "--warmup", 2, "--seconds", seconds, "--server-pid", pid, "--min-len", smallest]
    if rate:
        command += ["--input-hex", payload, "--input-hz", rate]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if not result.stdout.strip():
        raise SystemExit(f"error: the load client failed: {result.stderr.strip()}")
    return json.loads(result.stdout)


def run_hyoshi(clients, **options):
    port, admin = free_port(), free_port()
    command = [
        hyoshi(), "serve", "--port", port, "--admin-port", admin, "--max-connections", 4096]
    with Server(command, port) as server:
        return load(port, server.process.pid, clients, HELLO, INPUT, smallest=100, **options)


def run_bare(clients, size, **options):
    port = free_port()
    command = [BUILD / "rawlimit", "--port", port, "--mode", "tick", "--size", size]
    with Server(command, port) as server:
        return load(
            port, server.process.pid, clients, "01{room:6}", "02{seq16}{rnd8}", **options)


def is_clean(run):
    return (run["server_wait_s"] < 0.05 * run["seconds"] and not run["client_saturated"]
            and run["delivered_ratio"] > 0.98)


def measure_cost(pairs=5, clients=512, attempts=25):
    rows, tried = [], 0
    while len(rows) < pairs and tried < attempts:
        tried += 1
        progress(f"cost: pair {len(rows) + 1} of {pairs}, attempt {tried}")
        ours = run_hyoshi(clients)
        # A header of 4 bytes on both sides: the bare server sends as many payload bytes.
        bare = run_bare(clients, max(round(ours["bytes_per_message"]) - 4, 126))
        if is_clean(ours) and is_clean(bare):
            rows.append((ours, bare))
    progress("")
    if not rows:
        return {"pairs": 0, "attempts": tried,
                "note": "no clean pair: something else used the cores"}
    ratios = [ours["cpu_us_per_message_sched"] / bare["cpu_us_per_message_sched"]
              for ours, bare in rows]
    return {
        "clients": clients, "pairs": len(rows), "attempts": tried,
        "ratio_median": statistics.median(ratios), "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "hyoshi_us": statistics.median(r["cpu_us_per_message_sched"] for r, _ in rows),
        "bare_us": statistics.median(r["cpu_us_per_message_sched"] for _, r in rows),
        "bytes_per_message": statistics.median(r["bytes_per_message"] for r, _ in rows),
    }


def measure_clients(counts=(1000, 1064, 1128, 1192, 1256), attempts=4):
    best, tried = 0, []
    for clients in counts:
        passed = False
        for attempt in range(attempts):
            progress(f"clients: {clients}, attempt {attempt + 1}")
            run = run_hyoshi(clients)
            tried.append({"clients": clients, "delivered": run["delivered_ratio"],
                          "under_99": run["clients_under_99pct"], "wait_s": run["server_wait_s"],
                          "cpu": run["server_cpu_frac"]})
            if run["connected"] == clients and run["clients_under_99pct"] == 0:
                passed = True
                break
        if not passed:
            break
        best = clients
    progress("")
    return {"most_clients": best, "runs": tried}


def measure_memory(clients=512):
    progress("memory")
    run = run_hyoshi(clients, rate=0)
    progress("")
    return {"clients": clients, "kib_per_idle_connection": run["kib_per_connection"]}


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return json.load(answer)


def measure_beat(seconds=60):
    """Two servers' worth of sleepers side by side: ours idle, and cyclictest at the same interval."""
    if not shutil.which("cyclictest"):
        return {"note": "cyclictest is missing: apt-get install rt-tests"}
    port, admin = free_port(), free_port()
    command = [hyoshi(), "serve", "--port", port, "--admin-port", admin, "--rooms", "lobby"]
    with Server(command, port, core=None):
        time.sleep(0.5)
        progress(f"beat: {seconds} s")
        report = subprocess.run(
            ["cyclictest", "-t1", "-i", "16667", "-D", str(seconds), "-h", "100000", "-q",
             "--policy=other"], capture_output=True, text=True).stdout
        beat = fetch(admin, "/beat")
    progress("")
    counts = {}
    for line in report.splitlines():
        parts = line.split()
        if len(parts) == 2 and parts[0].isdigit():
            counts[int(parts[0])] = int(parts[1])
    total, seen, cyclic = sum(counts.values()), 0, {}
    for microseconds in sorted(counts):
        seen += counts[microseconds]
        for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            if seen >= share * total and name not in cyclic:
                cyclic[name] = microseconds
    room = beat["rooms"][0]
    ours = {name: room["lateness"][name] / 1000 for name in ("p50", "p99", "p999", "max")}
    return {
        "seconds": seconds, "hyoshi_us": ours, "cyclictest_us": cyclic,
        "p999_ratio": ours["p999"] / cyclic["p999"] if cyclic.get("p999") else None,
        "rate_hertz": room["rateHertz"], "dropped": room["droppedTicks"]}


UPGRADE = (
    "GET /rooms/attack HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode()


def frame(first, payload):
    """A masked frame, with a key of zeros."""
    return bytes([first, 0x80 | len(payload)]) + bytes(4) + payload


# What hostile peers send over and over: each is answered with a close, or dropped at a limit.
HELLO_FRAME = frame(0x82, bytes([0x92, 1, 1]))
ATTACKS = [
    UPGRADE + frame(0x89, b"ping") * 200,
    UPGRADE + frame(0x02, b"") + frame(0x00, b"") * 200,
    UPGRADE + HELLO_FRAME + frame(0x82, bytes([0x92, 5, 1])) * 400,
    UPGRADE + frame(0x82, b"\xdd\xff\xff\xff\xff"),
    UPGRADE + b"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00",
    UPGRADE + b"\xff" * 1000,
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100,
    b"\x00" * 4000,
]


def attack(port, stop, counts, lane):
    """Twenty connections in turn, as fast as they are taken and torn down."""
    held, number = [], 0
    while not stop.is_set():
        number += 1
        try:
            peer = socket.create_connection(("127.0.0.1", port), timeout=1)
            peer.setblocking(False)
            peer.send(ATTACKS[number % len(ATTACKS)])
            held.append(peer)
            counts[lane] += 1
        except OSError:
            time.sleep(0.001)
        if len(held) >= 20:
            held.pop(0).close()
    for peer in held:
        peer.close()


def run_bots(seconds, hostile):
    port, admin = free_port(), free_port()
    simulator = os.environ.get("SIMULATOR") or str(pathlib.Path(hyoshi()).parent / "Simulator")
    command = [hyoshi(), "serve", "--port", port, "--admin-port", admin]
    counts = [0] * 5
    with Server(command, port) as server:
        stop = threading.Event()
        threads = [threading.Thread(target=attack, args=(port, stop, counts, lane))
                   for lane in range(5 if hostile else 0)]
        for thread in threads:
            thread.start()
        result = subprocess.run(
            ["taskset", "-c", "1", simulator, "--url", f"ws://127.0.0.1:{port}", "--admin",
             f"http://127.0.0.1:{admin}", "--rooms", "10", "--bots", "4", "--seconds",
             str(seconds), "--json"], capture_output=True, text=True)
        stop.set()
        for thread in threads:
            thread.join()
        beat = fetch(admin, "/beat")
        is_alive = server.process.poll() is None
    rooms = [room for room in beat["rooms"] if room["room"].startswith("bots")]
    return {
        "p99_us": max(room["lateness"]["p99"] for room in rooms) / 1000,
        "dropped": sum(room["droppedTicks"] for room in rooms),
        "attacks": sum(counts), "alive": is_alive, "simulator_exit": result.returncode}


def measure_attack(seconds=10, rounds=3):
    pairs = []
    for number in range(rounds):
        progress(f"attack: round {number + 1} of {rounds}")
        pairs.append((run_bots(seconds, hostile=False), run_bots(seconds, hostile=True)))
    progress("")
    worse = [hostile["p99_us"] - alone["p99_us"] for alone, hostile in pairs]
    return {
        "rounds": rounds, "alone_p99_us": statistics.median(a["p99_us"] for a, _ in pairs),
        "attacked_p99_us": statistics.median(h["p99_us"] for _, h in pairs),
        "worse_us_median": statistics.median(worse),
        "attacks": sum(h["attacks"] for _, h in pairs),
        "dropped": sum(h["dropped"] for _, h in pairs), "alive": all(h["alive"] for _, h in pairs)}


def number(payload, at):
    """A MessagePack integer or nil, and where the next element is."""
    first = payload[at]
    for kind, size in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xD0, 1)):
        if first == kind:
            return int.from_bytes(payload[at + 1:at + 1 + size], "big"), at + 1 + size
    return first, at + 1


def newest_tick(peer):
    """Reads what a server sends, to its end, and gives the tick of the last snapshot."""
    received, tick = b"", 0
    while True:
        try:
            piece = peer.recv(1 << 16)
        except OSError:
            piece = b""
        if not piece:
            return tick
        received += piece
        if received.startswith(b"HTTP"):
            head = received.find(b"\r\n\r\n")
            if head < 0:
                continue
            received = received[head + 4:]
        while len(received) > 4:
            size = {126: 4, 127: 10}.get(received[1], 2)
            count = received[1] if size == 2 else int.from_bytes(received[2:size], "big")
            if len(received) < size + count:
                break
            payload, received = received[size:size + count], received[size + count:]
            if count > 4 and payload[0] in (0x96, 0x97) and payload[1] == 1:
                _, place = number(payload, 2)
                _, place = number(payload, place)
                tick, _ = number(payload, place)


def crash(wait):
    """Kills a server that records; gives the ticks that its player has seen and the file has not."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [hyoshi(), "serve", "--port", port, "--admin-port", free_port(), "--record", folder]
        with Server(command, port, core=None) as server:
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.send(UPGRADE + HELLO_FRAME)
                timer = threading.Timer(wait, server.process.kill)
                timer.start()
                seen = newest_tick(peer)
                timer.join()
            server.process.wait()
        file = next(pathlib.Path(folder).glob("*.hyoshi"))
        answers = [subprocess.run([hyoshi(), "replay", file, *flags, "--json"], capture_output=True,
                                  text=True) for flags in (["--info"], ["--verify"])]
        return max(seen - json.loads(answers[0].stdout)["ticks"], 0), answers[1].returncode == 0


def measure_crash(kills=20):
    lost, same = [], []
    for kill in range(kills):
        progress(f"crash: {kill + 1} of {kills}")
        ticks, is_same = crash(2 + random.random())
        lost.append(ticks)
        same.append(is_same)
    progress("")
    return {"kills": kills, "lost_ticks_median": statistics.median(lost),
            "lost_ticks_max": max(lost), "verified": all(same)}


def table(results):
    rows = []
    cost = results.get("cost")
    if cost and cost["pairs"]:
        rows += [
            ("CPU per snapshot, bare C server", f"{cost['bare_us']:.2f} µs", ""),
            ("CPU per snapshot, hyoshi", f"{cost['hyoshi_us']:.2f} µs", ""),
            (f"ratio, median of {cost['pairs']} pairs", f"{cost['ratio_median']:.3f}", "≤ 1.25"),
            ("  least and greatest",
             f"{cost['ratio_min']:.3f} … {cost['ratio_max']:.3f}", ""),
            ("bytes per message", f"{cost['bytes_per_message']:.0f}", "")]
    elif cost:
        rows.append(("CPU per snapshot", cost["note"], "≤ 1.25"))
    clients = results.get("clients")
    if clients:
        rows.append(("most clients, each ≥ 99 %", str(clients["most_clients"]), "≥ 1000"))
    memory = results.get("memory")
    if memory:
        rows.append(("memory per idle connection",
                     f"{memory['kib_per_idle_connection']:.1f} KiB", "≤ 16 KiB"))
    beat = results.get("beat")
    if beat and "note" in beat:
        rows.append(("beat", beat["note"], ""))
    elif beat:
        ours, cyclic = beat["hyoshi_us"], beat["cyclictest_us"]
        rows += [
            ("lateness p50, hyoshi / cyclictest", f"{ours['p50']:.0f} / {cyclic['p50']} µs", ""),
            ("lateness p99", f"{ours['p99']:.0f} / {cyclic['p99']} µs", ""),
            ("lateness p99.9", f"{ours['p999']:.0f} / {cyclic['p999']} µs", ""),
            ("  ratio", f"{beat['p999_ratio']:.2f}", "≤ 1.5"),
            ("long-run rate", f"{beat['rate_hertz']:.4f} Hz", "60 ± 0.001"),
            ("dropped ticks", str(beat["dropped"]), "0")]
    hostile = results.get("attack")
    if hostile:
        rows += [
            ("p99 lateness of ten rooms, alone", f"{hostile['alone_p99_us']:.0f} µs", ""),
            (f"  beside {hostile['attacks']} attacks by 100 connections",
             f"{hostile['attacked_p99_us']:.0f} µs", ""),
            ("  worse by, median", f"{hostile['worse_us_median']:.0f} µs", "≤ 2000 µs"),
            ("  ticks dropped; process alive",
             f"{hostile['dropped']}; {'yes' if hostile['alive'] else 'NO'}", "0; yes")]
    killed = results.get("crash")
    if killed:
        rows += [
            (f"ticks lost by kill -9, median of {killed['kills']}",
             f"{killed['lost_ticks_median']:.0f}", ""),
            ("  most; what is left verifies",
             f"{killed['lost_ticks_max']}; {'yes' if killed['verified'] else 'NO'}", "≤ 6; yes")]
    width = max(len(row[0]) for row in rows)
    middle = max(len(row[1]) for row in rows)
    print(f"{'figure':<{width}}  {'measured':>{middle}}  aim")
    for name, value, aim in rows:
        print(f"{name:<{width}}  {value:>{middle}}  {aim}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []],
                        help="what to measure (default: everything)")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of runs for the cost")
    parser.add_argument("--seconds", type=int, default=60, help="seconds for the beat")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("error: two processors are needed, one for the server, one for the load")
    build()
    parts = arguments.parts or PARTS
    results = {}
    if "cost" in parts:
        results["cost"] = measure_cost(arguments.pairs)
    if "clients" in parts:
        results["clients"] = measure_clients()
    if "memory" in parts:
        results["memory"] = measure_memory()
    if "beat" in parts:
        results["beat"] = measure_beat(arguments.seconds)
    if "attack" in parts:
        results["attack"] = measure_attack()
    if "crash" in parts:
        results["crash"] = measure_crash()
    if arguments.json:
        print(json.dumps(results, indent=2))
    else:
        table(results)


if __name__ == "__main__":
    main()
