"""Bot programs: what `Simulator --policy run:COMMAND` asks, and what it says of those that fail."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import server as under_test

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHASER = f"run:{sys.executable} {ROOT / 'Clients' / 'python' / 'chaser_bot.py'}"

# A bot for any game and either format, which remembers: what it presses follows from all it has heard.
REMEMBERS = """
import hashlib, json, struct, sys
packed = sys.argv[1] == "msgpack"
if packed:
    import msgpack
def receive():
    if not packed:
        return sys.stdin.buffer.readline()
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack(">I", head)[0]) if head else b""
def send(value):
    data = msgpack.packb(value) if packed else json.dumps(value).encode() + b"\\n"
    sys.stdout.buffer.write((struct.pack(">I", len(data)) if packed else b"") + data)
    sys.stdout.buffer.flush()
decode = (lambda data: msgpack.unpackb(data)) if packed else json.loads
hello = decode(receive())
memory = hashlib.sha256(hello["seed"].encode())
send({"name": "remembers"})
ended = []
while data := receive():
    step = decode(data)
    memory.update(json.dumps(step, sort_keys=True).encode())
    ended += step["ended"]
    digest = memory.digest()
    send({"inputs": [[field["minimum"] + digest[(at + place) % 32] %
                      (field["maximum"] - field["minimum"] + 1)
                      for place, field in enumerate(hello["inputs"])]
                     for at, view in enumerate(step["views"])]})
    for view in step["views"]:
        assert view["world"] < len(step["worlds"]) and view["command_tick"] > view["tick"]
    for world in step["worlds"]:
        for kind, rows in zip(hello["kinds"], world):
            assert all(len(row) == 1 + len(kind["fields"]) for row in rows)
json.dump(ended, open(sys.argv[2], "w"))
"""


def simulator():
    return os.environ.get("SIMULATOR") or str(
        pathlib.Path(os.environ["HYOSHI"]).parent / "Simulator")


def play(*arguments, code=0):
    done = subprocess.run(
        [simulator(), *arguments], capture_output=True, text=True, timeout=under_test.PATIENCE * 4)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stderr[-600:]}"
    return done


def virtual(*arguments, code=0):
    return play("--virtual", "--matches", "5", "--minutes", "0.1", "--bots", "4", *arguments, code=code)


def test_the_example_of_a_bot_beats_who_presses_at_random():
    # Twelve of twelve, with room for another C library's last digits.
    done = virtual(
        "--matches", "12", "--minutes", "2", "--bots", "2", "--policy", CHASER, "--against", "presser",
        "--json")
    report = json.loads(done.stdout)
    assert report["duel"]["policy"] == "chaser" and report["duel"]["wins"] >= 9, report["duel"]
    assert report["matches"] == 12


def test_a_program_is_told_the_same_on_any_number_of_cores_in_either_format():
    for form in ([], ["--full", "--net", "wifi"]):
        digests, endings = set(), set()
        for form_of_messages, cores in (("json", 1), ("json", 2), ("msgpack", 2)):
            with tempfile.TemporaryDirectory() as folder:
                program, result = f"{folder}/bot.py", f"{folder}/ended"
                pathlib.Path(program).write_text(REMEMBERS)
                command = f"run:{sys.executable} {program} {form_of_messages} {result}"
                done = virtual(
                    "--policy", command, "--against", "novice", "--bot-format", form_of_messages,
                    "--batch", "2", "--cores", str(cores), "--json", *form)
                digests.add(json.loads(done.stdout)["digest"])
                endings.add(pathlib.Path(result).read_text())
        assert len(digests) == 1 and len(endings) == 1, (form, digests)
        ended = json.loads(endings.pop())
        assert sorted(each["match"] for each in ended) == [0, 1, 2, 3, 4]
        assert all(each["ticks"] == 360 and len(each["bots"]) == 4 for each in ended)
        assert {bot["policy"] for each in ended for bot in each["bots"]} == {"remembers", "novice"}


def test_a_program_plays_a_game_without_points():
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/bot.py"
        pathlib.Path(program).write_text(REMEMBERS)
        done = virtual(
            "--game", "tag", "--policy", f"run:{sys.executable} {program} json {folder}/ended")
        assert "points                tag keeps none" in done.stdout, done.stdout
        assert "20 × remembers" in done.stdout, done.stdout
        ended = json.loads(pathlib.Path(f"{folder}/ended").read_text())
        assert all(bot["score"] is None for each in ended for bot in each["bots"])


def test_programs_that_fail_are_named():
    answer_once = "read hello; echo '{}'; read step; "
    for command, complaint in (
            ("exit 3", "ended with exit code 3"),
            ("no-such-program-anywhere", "cannot be found"),
            ("kill -9 $$", "was ended by signal 9"),
            ("echo hello world; sleep 60", "answered the hello with 'hello world', where '{'"),
            (answer_once + "exit 4", "ended with exit code 4"),
            (answer_once + "sleep 600", "did not answer within 0.5 s (--bot-timeout)"),
            (answer_once + "yes; sleep 60", "answered step 1 with 'y', where '{' is wanted"),
            (answer_once + "tr -d '\\n' </dev/zero; sleep 60", "standard output is for answers"),
            (answer_once + "echo '{\"inputs\": [[0,0]]}'; sleep 60", "1 inputs for 20 views"),
    ):
        # Only who never answers is to be out of time, on however slow a machine.
        patience = "0.5" if "600" in command else "60"
        done = virtual("--policy", f"run:{command}", "--bot-timeout", patience, code=2)
        assert complaint in done.stderr, (command, done.stderr)


def test_what_makes_no_sense_is_refused():
    for arguments, complaint in (
            (["--virtual", "--policy", "run: "], "a command belongs after 'run:'"),
            (["--policy", "run:true", "--threads", "2"], "one thread"),
            (["--virtual", "--policy", "run:true", "--bot-timeout", "0"], "--bot-timeout must be"),
            (["--virtual", "--policy", "run:true", "--batch", "0"], "--batch must be"),
    ):
        assert complaint in play(*arguments, code=64).stderr


def test_a_file_that_cannot_be_written_costs_no_results():
    done = virtual("--csv", "/nowhere/at/all.csv", "--json", code=1)
    assert json.loads(done.stdout)["matches"] == 5
    assert "cannot write '/nowhere/at/all.csv'" in done.stderr, done.stderr


def test_a_program_plays_over_real_sockets():
    with under_test.Server() as server:
        done = play(
            "--url", f"ws://127.0.0.1:{server.port}", "--game", "arena", "--room", "bots", "--bots", "3",
            "--seconds", "1", "--admin", "none", "--policy", CHASER, "--require", "joined=3")
        assert "missed" not in done.stdout


def test_a_program_that_thinks_on_is_named_though_the_time_is_over():
    answers = "read hello; echo '{}'; for step in 1 2; do read asked; echo '{\"inputs\":[[0,0]]}'; done; "
    with under_test.Server() as server:
        done = play(
            "--url", f"ws://127.0.0.1:{server.port}", "--game", "arena", "--room", "bots", "--bots", "1",
            "--seconds", "6", "--admin", "none", "--policy", f"run:{answers} sleep 600",
            "--bot-timeout", "8", code=2)
        assert "did not answer within 8.0 s" in done.stderr, done.stderr


def test_a_program_that_thinks_on_ends_with_the_second_signal():
    with tempfile.TemporaryDirectory() as folder:
        note = pathlib.Path(f"{folder}/asked")
        program = f"read hello; echo '{{}}'; read step; echo $$ > {note}.new; mv {note}.new {note}; sleep 600"
        process = subprocess.Popen(
            [simulator(), "--virtual", "--matches", "5", "--minutes", "0.1", "--bots", "4",
             "--policy", f"run:{program}", "--bot-timeout", "600"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        under_test.wait_for(note.exists, "the program to be asked")
        leader = int(note.read_text())
        # Two of the same signal that nobody has taken yet are one.
        under_test.wait_for(
            lambda: process.poll() is not None or process.send_signal(signal.SIGINT), "its end")
        _, errors = process.communicate(timeout=under_test.PATIENCE)
        assert process.returncode == 130, (process.returncode, errors)
        under_test.wait_for(lambda: not runs(leader), "the program's end")


def runs(process):
    try:
        status = pathlib.Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    # One that has ended may wait for somebody to ask how.
    return status.rsplit(")", 1)[1].split()[0] not in "ZX"


def test_a_stopped_series_prints_what_was_played():
    with tempfile.TemporaryDirectory() as folder:
        table = f"{folder}/matches.csv"
        process = subprocess.Popen(
            [simulator(), "--virtual", "--matches", "1000000", "--minutes", "0.05", "--bots", "2",
             "--csv", table, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Its threads play once it waits for signals.
        under_test.wait_for(
            lambda: len(os.listdir(f"/proc/{process.pid}/task")) > 1, "the matches to begin")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=under_test.PATIENCE)
        assert process.returncode == 130, (process.returncode, errors)
        report = json.loads(output)
        lines = pathlib.Path(table).read_text().splitlines()
        assert len(lines) == 1 + 2 * report["matches"]
        assert "of 1,000,000 matches were played to their end" in errors
