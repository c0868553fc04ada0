#!/usr/bin/env bash
# Writes a package with `hyoshi new`, builds it, has bots play on its server, and looks into the
# recording with its own program.
#
#   HYOSHI=path/to/hyoshi SIMULATOR=path/to/Simulator scripts/new-package-test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
hyoshi=${HYOSHI:-$(swift build -c release --show-bin-path)/hyoshi}
simulator=${SIMULATOR:-$(dirname "$hyoshi")/Simulator}
directory=$(mktemp -d)
server=""
finish() {
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$directory"
}
trap finish EXIT

"$hyoshi" new Hill --path "$directory/Hill" --hyoshi-path "$root"
cd "$directory/Hill"
# One build of Hyoshi for all runs of this test.
build=(--scratch-path "${NEW_PACKAGE_SCRATCH:-$root/.build/new-package}")
swift build "${build[@]}" --build-tests
swift test "${build[@]}" --skip-build
program=$(swift build "${build[@]}" --show-bin-path)/Hill
fail() {
    echo "$*" >&2
    exit 1
}

table=$("$program" bots --virtual --matches 6 --minutes 0.5 --bots 4 \
    --policy climber --against presser)
grep -q "climber is the better one" <<<"$table" || fail "$table"

: >"$directory/log"
"$program" --port 0 --admin-port 0 --record "$directory/recordings" \
    >"$directory/log" 2>&1 </dev/null &
server=$!
for _ in $(seq 100); do
    grep -q '^metrics:' "$directory/log" && break
    kill -0 "$server"
    sleep 0.1
done
port=$(sed -n 's|^play:.*:\([0-9]*\)/$|\1|p' "$directory/log")
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&3
answer=$(cat <&3)
[[ $answer == "HTTP/1.1 200 "* ]] || fail "the server answered: ${answer:0:60}"
"$program" bots --url "ws://127.0.0.1:$port" --admin none --room lobby --bots 3 --seconds 1 \
    --require "joined=3"
"$simulator" --url "ws://127.0.0.1:$port" --admin none --room lobby --bots 2 --seconds 3
kill -TERM "$server"
wait "$server" || fail "the server did not end as asked"
server=""

# The recording of the game that only this program has.
recording=$(echo "$directory"/recordings/lobby-*.hyoshi)
says() { # the exit code that is expected, a text that is expected, and the arguments
    local code=$1 text=$2 status=0
    shift 2
    "$program" replay "$@" >"$directory/answer" 2>&1 || status=$?
    [ "$status" = "$code" ] && grep -q -- "$text" "$directory/answer" ||
        fail "replay $*: $status: $(head -c 600 "$directory/answer")"
}
says 0 "^game *hill" "$recording"
says 66 "there is no hill-replay.wasm in" "$recording" --serve 0
says 0 "^ending *complete" "$recording" --info
says 0 "^the same: [1-9]" "$recording" --verify
says 0 "^the same: [1-9]" "$recording" --verify --from 60
says 0 '"joined":\[0' "$recording" --to-json
says 66 "cannot read" "$directory/nothing"
says 64 "one at a time" "$recording" --verify --to-json
"$hyoshi" replay "$recording" >"$directory/same" || fail "hyoshi does not read what Hill reads"
"$program" replay "$recording" | cmp - "$directory/same" || fail "hyoshi and Hill differ"
status=0
"$hyoshi" replay "$recording" --verify 2>"$directory/answer" || status=$?
[ "$status" = 65 ] || fail "hyoshi does not have the game, and says $status"

# As a regression test: the package's tests make it again, and notice other rules.
mkdir Recordings
cp "$recording" Recordings/
swift test "${build[@]}" --skip-build --filter recordingsAreMadeAgain
sed -i 's/players\[each\].x + 5/players[each].x + 6/' Sources/Hill/Hill.swift
swift build "${build[@]}" --build-tests
if swift test "${build[@]}" --skip-build --filter recordingsAreMadeAgain >"$directory/answer" 2>&1
then fail "other rules were not noticed"; fi
grep -q "DIFFERS at tick" "$directory/answer" || fail "other rules are not named"
says 1 "^DIFFERS at tick" "$recording" --verify
echo "the package builds, passes its tests, serves its page, and makes its recordings again"
