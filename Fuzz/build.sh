#!/bin/sh
# Builds the fuzzer's program with libFuzzer and the address sanitizer: Fuzz/build.sh OUTPUT-FOLDER
#
# Exits with 77 where the toolchain has no libFuzzer. SwiftPM cannot link a program without a main of
# its own, so the modules are compiled one after another, in the order of their layers.
set -eu
cd "$(dirname "$0")/.."
out=${1:?usage: Fuzz/build.sh OUTPUT-FOLDER}
mkdir -p "$out"

printf '%s\n' '@_cdecl("LLVMFuzzerTestOneInput")' \
    'public func probe(_ start: UnsafeRawPointer?, _ count: Int) -> CInt { 0 }' > "$out/probe.swift"
if ! swiftc -sanitize=fuzzer,address -parse-as-library "$out/probe.swift" -o "$out/probe" \
    > "$out/probe.log" 2>&1; then
    exit 77
fi

# C: each folder is a module; the sanitizer sees its memory, the fuzzer its branches.
for name in CMessagePack CDeflate; do
    printf 'module %s { umbrella header "%s/Sources/%s/include/%s.h" export * }\n' \
        "$name" "$PWD" "$name" "$name" > "$out/$name.modulemap"
    clang -O1 -g -fsanitize=fuzzer-no-link,address -I "Sources/$name/include" \
        -c "Sources/$name/$name.c" -o "$out/$name.o"
done

objects="$out/CMessagePack.o $out/CDeflate.o"
compile() { # module, folder
    object="$out/$1.o"
    # shellcheck disable=SC2046
    if [ ! -e "$object" ] || [ -n "$(find "$2" "$0" -newer "$object" -name '*.s*' | head -n 1)" ] \
        || [ -n "${changed:-}" ]; then
        changed=yes
        swiftc -O -g -whole-module-optimization -parse-as-library -sanitize=fuzzer,address \
            -swift-version 6 -package-name hyoshi -module-name "$1" \
            -enable-upcoming-feature ExistentialAny \
            -enable-upcoming-feature MemberImportVisibility \
            -enable-upcoming-feature InternalImportsByDefault \
            -Xcc "-fmodule-map-file=$out/CMessagePack.modulemap" \
            -Xcc "-fmodule-map-file=$out/CDeflate.modulemap" \
            -I "$out" -emit-module -emit-module-path "$out/$1.swiftmodule" \
            -emit-object -o "$object" $(find "$2" -name '*.swift')
    fi
    objects="$objects $object"
}
for layer in TransportInterface MessagePack WebSocketProtocol Hyoshi Replication GameProtocol \
    RoomCore ServerCore Recording; do
    compile "$layer" "Sources/$layer"
done
compile Arena Games/Arena
compile FuzzTargets Fuzz/Targets
compile FuzzProgram Fuzz/Program

# shellcheck disable=SC2086
if ! swiftc -sanitize=fuzzer,address $objects -lmsgpackc -lz -o "$out/fuzz" > "$out/link.log" 2>&1
then
    # The linker warns of each of the sanitizer's local symbols: shown only where it matters.
    cat "$out/link.log" >&2
    exit 1
fi
