#!/bin/sh
# Takes what found new behaviour into Fuzz/Corpus, as few and short inputs as will do:
# Fuzz/minimise.sh FOLDER, where FOLDER holds one folder of inputs for each target.
set -eu
cd "$(dirname "$0")/.."
found=$(cd "${1:?usage: Fuzz/minimise.sh FOLDER}" && pwd)
build=${FUZZ_BUILD:-$PWD/.build/fuzz}
Fuzz/build.sh "$build"
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
for inputs in "$found"/*/; do
    target=$(basename "$inputs")
    merged="$build/merged/$target"
    rm -rf "$merged"
    mkdir -p "$merged" "Fuzz/Corpus/$target"
    # zlib is not the fuzzer's to see: there, how often our loop turns has to tell inputs apart.
    counters=0
    [ "$target" != inflate ] || counters=1
    FUZZ_TARGET=$target "$build/fuzz" -set_cover_merge=1 -use_counters=$counters -max_len=4096 \
        "$merged" "Fuzz/Corpus/$target" "$inputs" > "$build/$target-merge.log" 2>&1
    rm -rf "Fuzz/Corpus/$target"
    mv "$merged" "Fuzz/Corpus/$target"
    echo "$target: $(ls "Fuzz/Corpus/$target" | wc -l) inputs"
done
