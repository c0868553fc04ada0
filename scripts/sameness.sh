#!/usr/bin/env bash
# Proves that a step is the same everywhere: one log of inputs through the debug build, the release
# build, and the web module in Node and in Chromium; the state hash of every tick is compared.
#
#   scripts/sameness.sh [TICKS [SEED]]      default: 100000 ticks, seed 1
#
# For the arena, and for a game that uses every function that rules may use (Games/Torture). A
# planted difference must be found. Exit code 1: a tick differs, and the output names the first;
# 77: all that ran is the same, but Node or Chromium is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
ticks=${1:-100000}
seed=${2:-1}
work=.build/sameness
mkdir -p "$work"
skipped=0

scripts/web.sh
scripts/web.sh --module Torture --sources Games/Torture --game torture --output "$work"
cp .build/web/arena.wasm "$work/arena.wasm"
swift build --product SamenessProbe
debug="$(swift build --show-bin-path)/SamenessProbe"
swift build -c release --product SamenessProbe
release="$(swift build -c release --show-bin-path)/SamenessProbe"

declare -A runs=()
# say GAME PLACE COMMAND...: runs a command and puts the name of the run before its line.
say() {
    local label="$1, $2"
    shift 2
    printf '%-28s %s\n' "$label" "$("$@")"
}
for game in arena torture; do
    files="$work/$game"
    "$release" log "$game" "$seed" "$ticks" "$files.log"
    say "$game" "native debug" "$debug" play "$game" "$files.log" "$files.debug"
    say "$game" "native release" "$release" play "$game" "$files.log" "$files.release"
    runs[$game]="$files.debug $files.release"
    if command -v node >/dev/null; then
        say "$game" "WebAssembly, Node" \
            node Tests/Sameness/node.js "$files.wasm" "$files.log" "$files.node"
        runs[$game]+=" $files.node"
    else
        echo "skipped: node is missing"
        skipped=77
    fi
done

if [ -x "${CHROMIUM:-/usr/bin/chromium}" ] && python=$(scripts/python-environment.sh playwright); then
    for game in arena torture; do
        files="$work/$game"
        say "$game" "WebAssembly, Chromium" \
            "$python" Tests/Sameness/chromium.py "$files.wasm" "$files.log" "$files.chromium"
        runs[$game]+=" $files.chromium"
    done
else
    echo "skipped: chromium is missing"
    skipped=77
fi

code=0
for game in arena torture; do
    # shellcheck disable=SC2086 # a list of files
    printf '%s: ' "$game" && "$release" compare ${runs[$game]} || code=1
    # The control: what compares must also find a difference, and the tick where it begins.
    planted=$((ticks / 2))
    "$release" play "$game" "$work/$game.log" "$work/$game.planted" "$planted" >/dev/null
    if found=$("$release" compare "$work/$game.release" "$work/$game.planted"); then
        echo "error: a planted difference was not found: $found" >&2
        code=1
    elif [[ $found != *"tick $planted:"* ]]; then
        echo "error: a difference planted at tick $planted was found elsewhere: $found" >&2
        code=1
    fi
done
[ $code -eq 0 ] || exit 1
exit $skipped
