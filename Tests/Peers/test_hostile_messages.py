"""Messages, rates and readers that mean harm; and peers that just wait."""

import asyncio
import os
import random
import struct
import threading
import time

import client
from server import HELLO, Bystander, Peer, Server, frame, request, wait_for
from test_hostile import Siege

INPUT = b"\x95\x02\xcd%s\x00\x00\x92\x01\x00"

BAD_MESSAGES = [
    (1007, b"", "nothing"),
    (1007, b"\xc1", "a byte that is no MessagePack"),
    (1007, b"\x92", "an array without its elements"),
    (1007, HELLO + b"\x00", "a byte behind the value"),
    (1007, b"\x05", "no array"),
    (1007, b"\x90", "an empty array"),
    (1007, b"\x91\x63", "type 99"),
    (1007, b"\x91\xff", "type -1"),
    (1007, b"\xdd\xff\xff\xff\xff", "an array of 2^32 - 1"),
    (1007, b"\xdd\x7f\xff\xff\xff" + b"\0" * 100, "an array of 2^31 - 1"),
    (1007, b"\xdf\xff\xff\xff\xff", "a map of 2^32 - 1"),
    (1007, b"\x92\x01\xdb\xff\xff\xff\xff", "a string of 2^32 - 1 bytes"),
    (1007, b"\x92\x01\xc6\xff\xff\xff\xff", "4 GiB of bytes"),
    (1007, b"\x93\x01\x01\xc9\xff\xff\xff\xff\x01", "an extension of 4 GiB"),
    (1007, b"\x93\x01\x01\xd4\x01\x00", "an extension"),
    (1007, b"\x91" * 5000, "5,000 nested arrays"),
    (1007, b"\xdc\xff\xff" * 5000, "arrays that share their elements"),
    (1007, b"\x92\x82\xa1a\x01\xa1a\x01\x01", "a map with a key twice"),
    (1007, b"\x92\x05\xca\x7f\xc0\x00\x00", "a ping with a NaN"),
    (1007, b"\x92\x05\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "a ping with infinity"),
    (1007, b"\x92\x05\xff", "a ping with -1"),
    (1007, b"\x92\x01\xc0", "a version of nil"),
    (4426, b"\x92\x01\x02", "version 2"),
    (1008, b"\x93\x01\x01\xa1\x00", "a name with a NUL"),
    (1008, b"\x93\x01\x01\xa3\xe2\x80\xae", "a name that turns the text around"),
    (1008, b"\x93\x01\x01\xb9" + b"n" * 25, "a name of 25 characters"),
    (1009, b"\x93\x01\x01\xd9\x61" + b"n" * 97, "a name of 97 bytes"),
    (1007, b"\x93\x01\x01\xa2\xc3\x28", "a name that is not UTF-8"),
    (1007, b"\x94\x01\x01\xa0\x02", "role 2"),
    (1007, b"\x95\x01\x01\xa0\x00\xc4\x0f" + b"t" * 15, "a token of 15 bytes"),
    (4401, b"\x95\x01\x01\xa0\x00\xc4\x10" + b"t" * 16, "a token that was never given"),
    (4400, b"\x93\x03\x00\x00", "an acknowledgement before the hello"),
    (4400, b"\x91\x06", "a leave before the hello"),
]

BAD_MESSAGES_OF_A_PLAYER = [
    (4400, HELLO, "a second hello"),
    (1007, INPUT % b"\x00\x01" + b"\x00", "a byte behind an input"),
    (1007, b"\x95\x02\x01\x00\x00\x91\x01", "half a command"),
    (1007, b"\x95\x02\x01\x00\x00\x90", "no command"),
    (1007, b"\x95\x02\x01\x00\x00\x94\x01\x00\x01\x00", "two commands for no tick"),
    (1007, b"\x95\x02\x01\x05\x00\xdc\x00\x12" + b"\x00" * 18, "nine commands"),
    (1007, b"\x95\x02\x01\x00\x00\x92\xca\x7f\xc0\x00\x00\x00", "a steer of NaN"),
    (1007, b"\x95\x02\x01\x00\x00\x92\xcf" + b"\xff" * 8 + b"\x00", "a steer of 2^64 - 1"),
    (1007, b"\x95\x02\xce\x00\x01\x00\x00\x00\x00\x92\x01\x00", "a sequence of 2^16"),
    (1007, b"\x95\x04\x01\x02\xc0\xa1x", "an event of scope 2"),
    (1007, b"\x95\x04\x01\x01\xc0\xa1x", "an event for no seat"),
    (1007, b"\x95\x04\x01\x01\x40\xa1x", "an event for seat 64"),
    (1009, b"\x95\x04\x01\x00\xc0\xc5\x02\x01" + b"x" * 513, "an event of 513 bytes"),
    (1007, b"\x95\x04\x01\x00\xc0\x05", "an event of a number"),
    (1007, b"\x92\x05\xdc\x01\x01" + b"\x00" * 257, "a ping with an array"),
    (1009, b"\x93\x05\x01\xdc\x01\x01" + b"\x00" * 257, "257 values too many"),
]


def test_messages_that_are_not_allowed_have_their_code():
    with Siege() as siege:
        for joins, cases in ((False, BAD_MESSAGES), (True, BAD_MESSAGES_OF_A_PLAYER)):
            for code, payload, what in cases:
                peer = siege.attack()
                peer = peer.join("/rooms/bystander") if joins else peer.upgrade("/rooms/bystander")
                peer.send(frame(2, payload))
                got = peer.close_code()
                assert got == code, f"{what} was closed with {got}, not {code}"
                peer.to_end()
                peer.close()


def test_numbers_at_their_ends_are_taken():
    with Siege() as siege:
        peer = siege.attack().join("/rooms/bystander")
        for number in (b"\xd2\x80\x00\x00\x00", b"\xce\x7f\xff\xff\xff", b"\xd3" + b"\xff" * 8):
            for tick in (b"\x00", b"\x01", b"\xce\xff\xff\xff\xff"):
                most = b"\xce\xff\xff\xff\xff"
                peer.send(frame(2, b"\x95\x02\x05" + tick + most + b"\x92" + number * 2))
                peer.send(frame(2, b"\x93\x03" + most * 2))
        peer.send(frame(2, b"\x92\x05\xcf\x00\x20\x00\x00\x00\x00\x00\x00"))
        while peer.message()[:2] != b"\x94\x06":
            pass
        peer.close()


def test_a_flood_of_inputs_is_cut():
    with Siege() as siege:
        peer = siege.attack().join("/rooms/bystander")
        number = 0
        while number < 65_000 and peer.send(frame(2, INPUT % struct.pack(">H", number)) * 100):
            number += 1
        assert peer.close_code() in (1008, None)
        assert siege.server.metric("hyoshi_messages_dropped_total") >= 240
        peer.close()


def test_random_messages_in_good_frames():
    source = random.Random(5)
    with Siege() as siege:
        for number in range(150):
            peer = siege.attack()
            peer = peer.join(f"/rooms/random{number // 50}") if number % 2 else peer.upgrade()
            payload = bytearray(source.choice(BAD_MESSAGES + BAD_MESSAGES_OF_A_PLAYER)[1] or b"x")
            for _ in range(source.randrange(4)):
                payload[source.randrange(len(payload))] = source.randrange(256)
            peer.send(frame(2, bytes(payload[:2000])) + os.urandom(source.randrange(16)))
            peer.reset() if number % 5 == 0 else peer.close()


def test_stolen_and_guessed_tokens():
    with Siege() as siege:
        victim = client.Player(siege.server.port, "bystander", "victim")

        async def play():
            await victim.connect()
            task = asyncio.create_task(victim.play())
            await client.until(lambda: victim.ticks, "a snapshot")
            for number in range(16):
                peer = siege.attack().upgrade("/rooms/bystander")
                guess = bytearray(victim.token)
                guess[number % 16] ^= 1 << number % 8
                peer.send(frame(2, b"\x95\x01\x01\xa0\x00\xc4\x10" + bytes(guess)))
                assert peer.close_code() == 4401
                peer.close()
                # The true token is none in another room.
                peer = siege.attack().upgrade("/rooms/elsewhere")
                peer.send(frame(2, b"\x95\x01\x01\xa0\x00\xc4\x10" + victim.token))
                assert peer.close_code() == 4401
                peer.close()
            assert not task.done()
            await victim.send([6])
            await asyncio.wait_for(task, 60)

        asyncio.run(play())


def test_readers_that_do_not_read():
    with Siege() as siege:
        peers = []
        for _ in range(20):
            peer = Peer(siege.server, receive_buffer=2048)
            siege.attacks += 1
            peer.upgrade("/rooms/slow")
            peer.send(frame(2, HELLO))
            peers.append(peer)
        wait_for(
            lambda: siege.server.metric("hyoshi_slow_readers_closed_total") >= 20,
            "20 slow readers to be closed")
        assert siege.server.metric("hyoshi_snapshots_coalesced_total") > 0
        wait_for(
            lambda: siege.server.metric("hyoshi_connections") == 1, "their connections to be gone")
        for peer in peers:
            peer.close()


def test_peers_that_wait_and_are_ended():
    """All of them wait at once: what takes longest takes 15 seconds."""
    with Siege() as siege:
        verdicts = {}

        def run(name, function):
            def body():
                try:
                    verdicts[name] = function()
                except Exception as error:
                    verdicts[name] = repr(error)

            thread = threading.Thread(target=body, daemon=True)
            thread.start()
            return thread

        def nothing():
            return siege.attack().to_end()

        def slowloris():
            peer = siege.attack()
            for each in request("/rooms/r", "X: " + "a" * 400):
                if not peer.send(bytes([each])) or peer.ended:
                    break
                time.sleep(0.2)
            return peer.to_end()

        def no_hello():
            return siege.attack().upgrade().close_code()

        def open_fragment():
            peer = siege.attack().join()
            peer.send(frame(2, b"x", final=False))
            return answering(peer)

        def dribbled_message():
            peer = siege.attack().join()
            peer.send(frame(2, b"x" * 100)[:20])
            for _ in range(20):
                peer.send(b"x")
                time.sleep(0.25)
            return answering(peer)

        def answering(peer):
            while (each := peer.frame()) is not None:
                if each.opcode == 9:
                    peer.send(frame(10, each.payload))
                if each.opcode == 8:
                    return struct.unpack(">H", each.payload[:2])[0]
            return None

        def dead():
            return siege.attack().join().close_code(answers=False)

        def unanswered_close():
            peer = siege.attack().join()
            peer.send(frame(2, b"\x91\x06"))
            code = peer.close_code(answers=False)
            peer.to_end()
            return code

        expected = {
            nothing: b"", slowloris: b"", no_hello: 4408, open_fragment: 1008,
            dribbled_message: 1008, dead: 4408, unanswered_close: 1000,
        }
        threads = [run(function.__name__, function) for function in expected for _ in range(3)]
        for thread in threads:
            thread.join(timeout=90)
        for function, verdict in expected.items():
            got = verdicts.get(function.__name__, "still waiting")
            assert got == verdict, f"{function.__name__} ended with {got!r}, not {verdict!r}"


def test_joining_and_leaving_all_the_time():
    with Siege() as siege:
        for number in range(150):
            peer = siege.attack().upgrade(f"/rooms/{'bystander' if number % 2 else 'churn'}")
            peer.send(frame(2, HELLO))
            if number % 3:
                peer.send(frame(2, b"\x91\x06"))
                assert peer.close_code() in (1000, 1013)
            peer.close()


def test_a_full_server_turns_away_and_lives_on():
    with Server("--max-connections", "8") as server:
        bystander = Bystander(server)
        peers = [Peer(server).join() for _ in range(7)]
        for _ in range(50):
            extra = Peer(server)
            assert extra.to_end() == b""
            extra.close()
        bystander.check()
        peers.pop().reset()
        wait_for(lambda: server.metric("hyoshi_connections") == 7, "a place to be free")
        Peer(server).join()
        bystander.finish()
