#!/usr/bin/env bash
# Writes a package with `hyoshi new`, builds and tests it, and asks its server for the page.
#
#   HYOSHI=path/to/hyoshi scripts/new-package-test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
hyoshi=${HYOSHI:-$(swift build -c release --show-bin-path)/hyoshi}
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
build=(--scratch-path "$root/.build/new-package")
swift build "${build[@]}" --build-tests
swift test "${build[@]}" --skip-build

: >"$directory/log"
HYOSHI_PORT=0 HYOSHI_ADMIN_PORT=0 "$(swift build "${build[@]}" --show-bin-path)/Server" \
    >"$directory/log" 2>&1 </dev/null &
server=$!
for _ in $(seq 100); do
    grep -q '^play:' "$directory/log" && break
    kill -0 "$server"
    sleep 0.1
done
port=$(sed -n 's|^play:.*:\([0-9]*\)/$|\1|p' "$directory/log")
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&3
answer=$(cat <&3)
[[ $answer == "HTTP/1.1 200 "* ]] || { echo "the server answered: ${answer:0:60}" >&2; exit 1; }
kill -TERM "$server"
wait "$server"
server=""
echo "the package builds, passes its tests and serves its page"
