#!/usr/bin/env bash
# Starts a server with the arena and a few bots, and prints the page's address; Ctrl-C ends it all.
#
#   PORT=8080 ADMIN_PORT=9090 BOTS=6 scripts/run.sh
set -euo pipefail
cd "$(dirname "$0")/.."

port=${PORT:-8080}
admin_port=${ADMIN_PORT:-9090}
bots=${BOTS:-6}
build=$(swift build -c release --show-bin-path)

server=""
simulator=""
finish() {
    trap - INT TERM EXIT
    [ -z "$simulator" ] || kill -TERM "$simulator" 2>/dev/null || true
    [ -z "$simulator" ] || wait "$simulator" 2>/dev/null || true
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    exit "${1:-0}"
}
trap 'finish 0' INT TERM
trap 'finish $?' EXIT

# Where `make web` has made the games' modules, the page predicts with them.
web=()
if compgen -G ".build/web/*.wasm" >/dev/null; then web=(--web .build/web); fi

# In the background a program would not hear Ctrl-C: this script passes it on, in order.
"$build/hyoshi" serve --port "$port" --admin-port "$admin_port" --rooms lobby \
    "${web[@]}" </dev/null &
server=$!
for _ in $(seq 100); do
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.05
done
if [ "$bots" -gt 0 ]; then
    "$build/Simulator" --url "ws://127.0.0.1:$port" --admin "http://127.0.0.1:$admin_port" \
        --room lobby --bots "$bots" --seconds 0 </dev/null >/dev/null 2>&1 &
    simulator=$!
fi
cat <<TEXT

  The arena is open:  http://127.0.0.1:$port/
  $bots bots are flying in the room "lobby". Arrow keys or WASD to fly, space to shoot.
  The beat:           http://127.0.0.1:$admin_port/beat
  Ctrl-C ends it.

TEXT
wait "$server"
