"""Peers that share no code with the server: a player, and many that mean harm.

    HYOSHI=path/to/hyoshi python test_peers.py [WORD ...]      only tests whose names hold a word

Needs websockets and msgpack from PyPI. Nothing here is decided by timing: every wait is for a
condition, with a generous bound. The last line is `N passed, N failed`; the exit status is 0 only
if nothing failed.
"""

import os
import pathlib
import sys
import time
import traceback

try:
    import msgpack  # noqa: F401
    import websockets  # noqa: F401
except ImportError as error:
    sys.exit(f"{error.name} is missing: pip install websockets msgpack")

import test_bots
import test_chaos
import test_endings
import test_hostile
import test_hostile_messages
import test_play
import test_python_client
import test_recording


def main():
    if not os.access(os.environ.get("HYOSHI", ""), os.X_OK):
        sys.exit("HYOSHI must name the hyoshi program, as built with: swift build -c release")
    os.environ["HYOSHI"] = str(pathlib.Path(os.environ["HYOSHI"]).resolve())
    tests = [
        (name, function)
        for module in (
            test_hostile, test_hostile_messages, test_endings, test_play, test_python_client,
            test_recording, test_chaos, test_bots)
        for name, function in vars(module).items()
        if name.startswith("test_") and callable(function)
    ]
    words = sys.argv[1:]
    passed, failed = 0, 0
    for name, function in tests:
        if words and not any(word in name for word in words):
            continue
        started = time.monotonic()
        try:
            function()
            passed += 1
            verdict = "passed"
        except Exception:
            traceback.print_exc()
            failed += 1
            verdict = "FAILED"
        print(f"{verdict}  {name} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
