"""Recordings of a server that is killed, or stopped: read and made again by `hyoshi replay`."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from server import PATIENCE, Bystander, Peer, Server, frame, wait_for


def replay(path, *flags):
    return subprocess.run(
        [os.environ["HYOSHI"], "replay", str(path), *flags], capture_output=True, text=True,
        timeout=PATIENCE)


def only_file(folder):
    files = list(pathlib.Path(folder).glob("*.hyoshi"))
    return files[0] if len(files) == 1 else None


def recorded(folder):
    answer = replay(only_file(folder), "--info", "--json")
    assert answer.returncode == 0, answer
    return json.loads(answer.stdout)


def test_what_a_server_has_written_outlives_its_being_killed():
    with tempfile.TemporaryDirectory() as folder:
        with Server("--record", folder) as server:
            player = Bystander(server, room="lobby")
            wait_for(lambda: len(player.ticks) > 120, "two seconds of play")
            # A block of 80 ms goes to the kernel as it is made; when is up to the machine.
            seen = player.ticks[-1]
            wait_for(
                lambda: recorded(folder)["ticks"] >= seen, "the file has what the player has seen")
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(timeout=PATIENCE)
            player.stops = True
            player.join(timeout=PATIENCE)
            player.peer.close()
        info = recorded(folder)
        assert info["ending"] == "torn", info
        assert info["ticks"] >= seen, f"{info['ticks']} ticks of {seen}"
        answer = replay(only_file(folder), "--verify", "--json")
        assert answer.returncode == 0, answer
        result = json.loads(answer.stdout)
        assert result["isSame"] and result["ticksCompared"] == info["ticks"], result


def test_a_stopped_server_ends_its_recordings():
    with tempfile.TemporaryDirectory() as folder:
        with Server("--record", folder + "/made") as server:
            peer = Peer(server).join("/rooms/lobby?game=arena")
            wait_for(lambda: (server.room("lobby") or {}).get("ticks", 0) > 30, "ticks")
            assert server.metric("hyoshi_recordings") == 1
            assert server.metric("hyoshi_recordings_failed_total") == 0
            peer.send(frame(2, b"\x91\x06"))
            assert server.stop() == 0, "".join(server.errors)
            peer.close()
        path = only_file(folder + "/made")
        assert path.name.startswith("lobby-20") and recorded(path.parent)["ending"] == "complete"
        answer = replay(path, "--verify")
        assert answer.returncode == 0 and "the same" in answer.stdout, answer
        # Nothing to compare is not the same.
        answer = replay(path, "--verify", "--from", "99999999")
        assert answer.returncode == 64 and "--from: the recording ends at" in answer.stderr, answer
        lines = [json.loads(line) for line in replay(path, "--to-json").stdout.splitlines()]
        assert lines[0]["room"] == "lobby" and lines[0]["joins"] == 1
        assert any(line.get("joined") == [0] for line in lines[1:])
        # A byte that is not as it was written is a failure of its own.
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)
        answer = replay(path, "--verify")
        assert answer.returncode == 65 and "damaged" in answer.stderr, answer
        data[7] = 99
        path.write_bytes(data)
        answer = replay(path)
        assert answer.returncode == 65 and "format 99" in answer.stderr, answer
        assert replay(path.with_name("nothing")).returncode == 66


def test_rooms_play_on_where_they_cannot_be_recorded():
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "made"
        with Server("--record", str(made)) as server:
            made.rmdir()
            player = Bystander(server, room="lobby")
            wait_for(
                lambda: server.metric("hyoshi_recordings_failed_total") == 1, "the failure")
            wait_for(
                lambda: "a recording has ended" in "".join(server.errors), "a line in the log")
            player.finish()
            assert server.metric("hyoshi_recordings") == 0


def test_all_recordings_together_are_bounded():
    with tempfile.TemporaryDirectory() as folder:
        old = pathlib.Path(folder) / "old.hyoshi"
        old.write_bytes(bytes(65536 - 700))
        with Server("--record", folder, "--record-total-bytes-max", "65536") as server:
            player = Bystander(server, room="lobby")
            wait_for(lambda: server.metric("hyoshi_recordings_failed_total") == 1, "the end of it")
            seen = len(player.ticks)
            wait_for(lambda: len(player.ticks) > seen + 60, "the room plays on")
            assert "all recordings have grown" in "".join(server.errors)
            assert server.metric("hyoshi_recordings_stored_bytes") <= 65536
            other = Bystander(server, room="other")
            wait_for(lambda: server.metric("hyoshi_recordings_refused_total") == 1, "no second one")
            # Who makes room has the next room recorded.
            old.unlink()
            time.sleep(1.5)  # a full directory is looked at once a second
            third = Bystander(server, room="third")
            wait_for(lambda: server.metric("hyoshi_recordings") == 1, "a third one")
            for each in (player, other, third):
                each.finish()
            assert server.stop() == 0
        assert not list(pathlib.Path(folder).glob("other-*"))
        path = next(pathlib.Path(folder).glob("lobby-*"))
        answer = replay(path, "--info", "--json")
        assert json.loads(answer.stdout)["ending"] == "size-limit", answer
        assert replay(path, "--verify").returncode == 0


def test_the_oldest_recordings_go_where_that_was_chosen():
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            path = pathlib.Path(folder) / f"old-{number}.hyoshi"
            path.write_bytes(bytes(32000 if number < 2 else 1000))
            os.utime(path, (1000 - number, 1000 - number))
        other = pathlib.Path(folder) / "notes.txt"
        other.write_bytes(bytes(90000))
        with Server("--record", folder, "--record-total-bytes-max", "65536",
                    "--record-when-full", "delete-oldest") as server:
            player = Bystander(server, room="lobby")
            wait_for(lambda: server.metric("hyoshi_recordings_deleted_total") == 2, "two of them")
            assert server.metric("hyoshi_recordings") == 1
            assert server.metric("hyoshi_recordings_failed_total") == 0
            player.finish()
            assert server.stop() == 0
        names = sorted(path.name.split("-20")[0] for path in pathlib.Path(folder).iterdir())
        assert names == ["lobby", "notes.txt", "old-0.hyoshi"], names


def test_rooms_play_on_where_the_disk_is_full():
    with tempfile.TemporaryDirectory() as folder:
        with Server("--record", folder, file_kilobytes=1) as server:
            player = Bystander(server, room="lobby")
            wait_for(lambda: server.metric("hyoshi_recordings_failed_total") == 1, "the failure")
            seen = len(player.ticks)
            wait_for(lambda: len(player.ticks) > seen + 60, "the room plays on")
            assert "File too large" in "".join(server.errors)
            player.finish()
        # All that was written is whole, with an end where there was room for one.
        info = recorded(folder)
        assert info["ending"] in ("size-limit", "torn") and info["ticks"] > 60, info
        assert replay(only_file(folder), "--verify").returncode == 0


def test_a_directory_that_cannot_be_made_is_named():
    answer = subprocess.run(
        [os.environ["HYOSHI"], "serve", "--port", "0", "--admin-port", "0", "--record",
         "/proc/nowhere/here"], capture_output=True, text=True, timeout=PATIENCE)
    assert answer.returncode == 64 and "--record" in answer.stderr, answer
