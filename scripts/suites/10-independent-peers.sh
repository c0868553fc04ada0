#!/usr/bin/env bash
# Peers that share no code with the server, written in Python from docs/protocol.md.
set -uo pipefail
python=$(scripts/python-environment.sh websockets msgpack) || exit $?
exec "$python" Tests/Peers/test_peers.py
