#!/usr/bin/env bash
# Every test that a change must pass, in the order in which they fail fastest. See docs/testing.md.
#
# The last line is "N passed, N failed, N skipped" over the suites.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
skipped=0
failures=()
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# The lines of a suite's output that say what failed; its last ones where none does.
complaints() {
    grep -aE '✘|error:|^not ok|^FAIL|AssertionError|Fatal error|signal code' "$output" | tail -n 30 ||
        tail -n 15 "$output"
}

# suite NAME COMMAND...: runs a suite; exit code 77 says that this machine cannot run it.
suite() {
    local name=$1 start code
    shift
    start=$SECONDS
    printf '\n=== %s\n' "$name"
    "$@" 2>&1 | tee "$output"
    code=${PIPESTATUS[0]}
    case $code in
        0) passed=$((passed + 1)); printf '=== %s: passed (%d s)\n' "$name" $((SECONDS - start)) ;;
        77) skipped=$((skipped + 1)); printf '=== %s: skipped\n' "$name" ;;
        *)
            failed=$((failed + 1))
            failures+=("$name"$'\n'"$(complaints | sed 's/^/    /')")
            printf '=== %s: FAILED with exit code %d (%d s)\n' "$name" "$code" $((SECONDS - start))
            ;;
    esac
}

scripts/install-dependencies.sh || exit $?

lint() { make -s lint; }
unit() { swift test --no-parallel; }
release() { swift build -c release --product hyoshi && swift build -c release --product Simulator; }

suite "format" lint
suite "unit tests" unit
suite "release build" release
if [ $failed -eq 0 ]; then
    hyoshi="$(swift build -c release --show-bin-path)/hyoshi"
    export HYOSHI=$hyoshi
    export SIMULATOR="$(dirname "$hyoshi")/Simulator"
    for script in scripts/suites/*.sh; do
        [ -e "$script" ] && suite "$(basename "$script" .sh | sed 's/^[0-9]*-//; s/-/ /g')" bash "$script"
    done
fi

printf '\n'
for name in "${failures[@]}"; do printf 'failed: %s\n' "$name"; done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
