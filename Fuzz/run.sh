#!/bin/sh
# Builds and runs every fuzz target, or one: Fuzz/run.sh SECONDS [TARGET]
#
# New inputs go to .build/fuzz/corpus; an input that breaks an invariant is kept in Fuzz/FailCases,
# where the ordinary tests replay it from then on. Exits with 77 where there is no libFuzzer.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?usage: Fuzz/run.sh SECONDS [TARGET]}
build=${FUZZ_BUILD:-$PWD/.build/fuzz}
status=0
Fuzz/build.sh "$build" || status=$?
if [ "$status" -eq 77 ]; then
    echo "fuzzing: skipped, this toolchain has no libFuzzer"
    exit 77
fi
[ "$status" -eq 0 ] || exit "$status"

export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
for corpus in Fuzz/Corpus/*/; do
    target=$(basename "$corpus")
    [ -z "${2:-}" ] || [ "$2" = "$target" ] || continue
    mkdir -p "$build/corpus/$target" "Fuzz/FailCases/$target"
    log="$build/$target.log"
    if FUZZ_TARGET=$target "$build/fuzz" -max_total_time="$seconds" -timeout=20 -max_len=4096 \
        -rss_limit_mb=2048 -artifact_prefix="Fuzz/FailCases/$target/" -print_final_stats=1 \
        "$build/corpus/$target" "$corpus" > "$log" 2>&1; then
        echo "fuzzing $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, ok"
    else
        echo "fuzzing $target: FAILED"
        tail -n 30 "$log"
        status=1
    fi
    rmdir "Fuzz/FailCases/$target" 2>/dev/null || true
done
exit "$status"
