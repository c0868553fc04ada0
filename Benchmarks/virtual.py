#!/usr/bin/env python3
"""How many times faster than real time matches without sockets are played.

    make bench-virtual                      five rounds, a table
    make bench-virtual ARGUMENTS="--json"   the same for programs
    Benchmarks/virtual.py --simulator PATH --rounds 9 --bots 16

The cases of a round take turns, so that what else the machine does falls on all of them alike;
what is printed is the median of the rounds. A ratio of two cores to one is that of each round's two
runs. The seeds are fixed: every run must give the same digest, or the command fails.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Name, what it is, options, minutes of one match, matches; two cores need as many matches each.
CASES = [
    ("full", "server, protocol and network, one core", ["--full", "--cores", "1"], 2, 4),
    ("full_two_cores", "the same, two cores", ["--full", "--cores", "2"], 2, 4),
    ("rules", "rules alone, bots decide 60 times a second, one core", ["--cores", "1"], 3, 16),
    ("rules_two_cores", "the same, two cores", ["--cores", "2"], 3, 16),
    ("simulation", "rules alone, bots decide once a second, one core",
     ["--cores", "1", "--input-rate", "1"], 3, 40),
]
AIMS = {"full": 300, "simulation": 3000, "full_scaling": 1.8, "rules_scaling": 1.8}


def play(simulator, bots, case):
    """One run: times real time, and the digest of its outcomes."""
    _, _, options, minutes, matches = case
    command = [simulator, "--virtual", "--json", "--bots", str(bots), "--seed", "7",
               "--minutes", str(minutes), "--matches", str(matches)] + options
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    result = json.loads(run.stdout)
    return result["played_seconds"] / result["wall_seconds"], result["digest"]


def commit():
    """The commit that is checked out, with a mark where files differ from it."""
    run = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=7"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return run.stdout.strip() or "unknown"


def processor():
    """The processor's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def measure(simulator, bots, rounds):
    """All cases, `rounds` times, in turn."""
    rates = {case[0]: [] for case in CASES}
    digests = {}
    for number in range(rounds):
        for case in CASES:
            rate, digest = play(simulator, bots, case)
            rates[case[0]].append(rate)
            # However many cores: the same matches.
            known = digests.setdefault(case[0].replace("_two_cores", ""), digest)
            if known != digest:
                sys.exit(f"error: {case[0]} gave another digest: {digest}, not {known}")
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    for name in ("full", "rules"):
        pairs = zip(rates[name + "_two_cores"], rates[name])
        rates[name + "_scaling"] = [two / one for two, one in pairs]
    return rates, digests


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--simulator", default=os.path.join(ROOT, ".build/release/Simulator"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bots", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit with 1 where an aim is missed")
    options = parser.parse_args()
    rates, digests = measure(options.simulator, options.bots, max(options.rounds, 1))
    texts = {case[0]: case[1] for case in CASES}
    texts["full_scaling"] = "server, protocol and network: two cores ÷ one"
    texts["rules_scaling"] = "rules alone: two cores ÷ one"
    rows = []
    for name, values in rates.items():
        rows.append({
            "name": name, "text": texts[name], "median": statistics.median(values),
            "lowest": min(values), "highest": max(values), "aim": AIMS.get(name),
        })
    missed = [row for row in rows if row["aim"] and row["median"] < row["aim"]]
    machine = {
        "processor": processor(), "cores": os.cpu_count(), "system": platform.release(),
        "commit": commit(), "date": datetime.date.today().isoformat(),
    }
    if options.json:
        print(json.dumps({
            "machine": machine, "bots": options.bots, "rounds": options.rounds,
            "rows": rows, "digests": digests,
        }))
    else:
        print(f"{machine['processor']}, {machine['cores']} cores, commit {machine['commit']}, "
              f"{machine['date']}; {options.bots} bots, median of {options.rounds}")
        print(f"{'times real time':<56} {'median':>8} {'lowest':>8} {'highest':>8} {'aim':>7}")
        for row in rows:
            digits = 2 if row["name"].endswith("_scaling") else 0
            aim = f"{row['aim']:,}" if row["aim"] else ""
            numbers = "".join(
                f" {row[key]:>8,.{digits}f}" for key in ("median", "lowest", "highest"))
            print(f"{row['text']:<56}{numbers} {aim:>7}")
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
