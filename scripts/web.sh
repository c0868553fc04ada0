#!/usr/bin/env bash
# Compiles the client's core, and a game's rules with it, to a WebAssembly module for web pages.
#
#   scripts/web.sh
#       the modules of this repository's own page: .build/web/{arena,tag,generic}.wasm to play, and
#       .build/web/{arena,tag}-replay.wasm for recordings
#   scripts/web.sh --module MyGame --sources path/to/Sources/MyGame --game myGame --output DIR
#       DIR/mygame.wasm and DIR/mygame-replay.wasm for a game of your own: `myGame` is its
#       `public let myGame = Game(…)`
#       --name NAME  another name for the file
#
# It needs the Swift toolchain alone: the compiler has the standard library for WebAssembly in
# Embedded Swift, and a linker. What has not changed is not built again. HYOSHI_WEB_CACHE names the
# directory for what lies between; OPTIMIZE=-O compiles for speed rather than size.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
started=$SECONDS

module="" sources="" game="" output="" name=""
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || { echo "error: $1 wants a value" >&2; exit 64; }
    case $1 in
        --module) module=$2 ;;
        --sources) sources=$2 ;;
        --game) game=$2 ;;
        --output) output=$2 ;;
        --name) name=$2 ;;
        *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 64 ;;
    esac
    shift 2
done
if [ -n "$module$sources$game$name" ] && { [ -z "$module" ] || [ -z "$sources" ] || [ -z "$game" ]; }; then
    echo "error: --module, --sources and --game belong together" >&2
    exit 64
fi
output=${output:-$root/.build/web}
cache=${HYOSHI_WEB_CACHE:-$root/.build/web/modules}
mkdir -p "$output" "$cache"
cache=$(cd "$cache" && pwd)

# The tools beside the compiler, also where `swiftc` is only a proxy.
swiftc=${SWIFTC:-swiftc}
resources=$("$swiftc" -print-target-info | sed -n 's/.*"runtimeResourcePath": *"\(.*\)".*/\1/p')
tools=$(cd "$resources/../../bin" && pwd)
if [ ! -x "$tools/wasm-ld" ] || [ ! -d "$resources/embedded" ]; then
    echo "error: this Swift toolchain has no WebAssembly; those of swift.org for Linux have." >&2
    exit 69
fi

# Whole bitcode until the link: what no export reaches is left out there, and the rest is folded.
# The pass that is left out concerns arrays bridged to Objective-C alone, and Swift 6.3.1 can crash
# in it.
swift_flags=(
    -target wasm32-unknown-none-wasm -enable-experimental-feature Embedded
    -Xfrontend -disable-stack-protector -wmo "${OPTIMIZE:--Osize}" -lto=llvm-full
    -Xllvm -sil-disable-pass=global-property-opt
    -parse-as-library -swift-version 6 -module-cache-path "$cache/clang" -I "$cache")
library_flags=(
    "${swift_flags[@]}" -package-name hyoshi -enable-upcoming-feature ExistentialAny
    -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault)
c_flags=(
    --target=wasm32-unknown-none -mbulk-memory -msign-ext -O2 -flto -std=c17 -Wall -Wextra -Werror
    -ffreestanding -fno-builtin -nostdlib -I "$root/Sources/CWebRuntime/include")
link_flags=(
    --no-entry --gc-sections --strip-all --lto-O2 -O2 -mllvm -enable-merge-functions
    --stack-first -z stack-size=262144 --max-memory=536870912 --export=hyoshi_used_bytes)

# One at a time: a build that others wait for, rather than one between their files.
if command -v flock >/dev/null; then
    exec 9>"$cache/lock"
    flock 9
fi

# With another compiler or other flags, everything is built again.
identity="$("$swiftc" --version 2>/dev/null) ${library_flags[*]} ${c_flags[*]} ${link_flags[*]}"
if [ "$identity" != "$(cat "$cache/identity" 2>/dev/null)" ]; then
    find "$cache" -name '*.swiftmodule' -delete -o -name '*.o' -delete
    printf '%s\n' "$identity" >"$cache/identity"
fi

# is_new RESULT SOURCE...: whether there is the result and it is newer than all sources; a
# directory counts with all in it.
is_new() {
    local result=$1
    shift
    [ -e "$result" ] && [ -z "$(find "$@" -newer "$result" -print -quit)" ]
}

# wait_for MODULE...: until another job has made the modules of this run.
wait_for() {
    local each
    for each in "$@"; do
        while [ ! -e "$marks/$each" ]; do
            [ ! -e "$marks/failed" ] || exit 1
            sleep 0.02
        done
    done
}

# place_of DIRECTORY: where the modules of this directory are built; games of the same name must not
# be taken for each other.
place_of() {
    if [[ $1 == "$root/Sources/"* ]]; then
        echo "$cache"
    else
        echo "$cache/$(basename "$1")-$(cd "$1" && pwd | cksum | cut -d ' ' -f 1)"
    fi
}

# make_module NAME DIRECTORY DEPENDENCY...: the module's interface with all its code; no object, as
# what uses a module in Embedded Swift compiles what it needs of it.
make_module() {
    local name=$1 directory=$2 each place
    shift 2
    wait_for "$@"
    place=$(place_of "$directory")
    mkdir -p "$place"
    local -a below=() files=() flags=("${library_flags[@]}") left_out=(-type f)
    # What writes and reads recordings with zlib is no part of a page's module.
    [ "$directory" != "$root/Sources/Recording" ] || left_out+=(-not -path '*/Recording/Native/*')
    for each in "$@"; do below+=("$cache/$each.swiftmodule"); done
    if ! is_new "$place/$name.swiftmodule" "$directory" "${below[@]}"; then
        while IFS= read -r each; do files+=("$each"); done \
            < <(find "$directory" -name '*.swift' "${left_out[@]}" | LC_ALL=C sort)
        [ "$place" = "$cache" ] || flags=("${swift_flags[@]}")
        "$swiftc" "${flags[@]}" -module-name "$name" -emit-module \
            -emit-module-path "$place/$name.new.swiftmodule" "${files[@]}" 9>&- || fail
        mv "$place/$name.new.swiftmodule" "$place/$name.swiftmodule"
    fi
    : >"$marks/$name"
}

make_c() {
    is_new "$cache/$1.o" "$root/Sources/CWebRuntime" \
        || "$tools/clang" "${c_flags[@]}" -c "$root/Sources/CWebRuntime/$1.c" -o "$cache/$1.o" \
        || fail
    : >"$marks/$1"
}

# make_wasm NAME EXPORTS [MODULE DIRECTORY GAME]: some exports with a game, linked; recordings can
# be of one game or of several, with commas between.
make_wasm() {
    local name=$1 exports=$2 module=${3:-} directory=${4:-} game=${5:-nil}
    wait_for WebCore Heap Memory ${module:+"$module"}
    local result="$output/$name.wasm" place="$cache/none"
    local -a below=("$cache/WebCore.swiftmodule" "$cache/Heap.o" "$cache/Memory.o")
    if [ -n "$module" ]; then
        place=$(place_of "$directory")
        below+=("$place/$module.swiftmodule")
    fi
    place="$place/$name"
    mkdir -p "$place"
    local text="import Hyoshi"$'\n'"${module:+import $module$'\n'}"$'\n'"let webGame: Game? = ${game%%,*}"
    [ "$exports" = Room ] || text+=$'\n'"let webGames: [Game] = [$game]"
    [ "$text" = "$(cat "$place/Game.swift" 2>/dev/null)" ] \
        || printf '%s\n' "$text" >"$place/Game.swift"
    local -a files=("$root"/Sources/WebExports/*.swift "$root/Sources/WebExports/$exports"/*.swift)
    if is_new "$result" "${files[@]}" "$place/Game.swift" "${below[@]}"; then return; fi
    "$swiftc" "${library_flags[@]}" -I "$(dirname "$place")" -module-name WebExports -c \
        -o "$place/exports.o" "${files[@]}" "$place/Game.swift" 9>&- || fail
    "$tools/wasm-ld" "${link_flags[@]}" "$place/exports.o" "$cache/Heap.o" "$cache/Memory.o" \
        -o "$result.new" || fail
    mv "$result.new" "$result"
    printf 'web: %s, %d bytes, %d compressed\n' "$result" "$(wc -c <"$result")" \
        "$(gzip -9 -c "$result" | wc -c)"
}

fail() {
    : >"$marks/failed"
    exit 1
}

marks=$(mktemp -d)
trap 'rm -rf "$marks"' EXIT
jobs=()
run() { "$@" & jobs+=($!); }

run make_module Hyoshi "$root/Sources/Hyoshi"
run make_module MessagePack "$root/Sources/MessagePack"
run make_module TransportInterface "$root/Sources/TransportInterface"
run make_module Replication "$root/Sources/Replication" Hyoshi MessagePack
run make_module GameProtocol "$root/Sources/GameProtocol" Replication
run make_module ClientCore "$root/Sources/ClientCore" GameProtocol TransportInterface
run make_module Recording "$root/Sources/Recording" Replication
run make_module WebCore "$root/Sources/WebCore" ClientCore Recording
run make_c Heap
run make_c Memory
if [ -n "$module" ]; then
    run make_module "$module" "$sources" Hyoshi
    name=${name:-$(printf %s "$module" | tr '[:upper:]' '[:lower:]')}
    run make_wasm "$name" Room "$module" "$sources" "$game"
    run make_wasm "$name-replay" Replay "$module" "$sources" "$game"
else
    run make_module Arena "$root/Games/Arena" Hyoshi
    run make_module Tag "$root/Games/Tag" Hyoshi
    run make_wasm arena Room Arena "$root/Games/Arena" arena
    run make_wasm arena-replay Replay Arena "$root/Games/Arena" arena,arenaLarge
    run make_wasm tag Room Tag "$root/Games/Tag" tag
    run make_wasm tag-replay Replay Tag "$root/Games/Tag" tag
    run make_wasm generic Room
fi

code=0
for job in "${jobs[@]}"; do wait "$job" || code=1; done
[ $code -eq 0 ] || { echo "error: the web module was not built" >&2; exit $code; }
printf 'web: %s is up to date, after %d s\n' "$output" $((SECONDS - started))
