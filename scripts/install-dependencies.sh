#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that are named and missing; with sudo where not root.
#
#   scripts/install-dependencies.sh [PACKAGE ...]      default: what a build needs
set -euo pipefail

packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(libmsgpack-dev zlib1g-dev pkg-config)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' \
        || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "error: missing ${missing[*]}; this script only knows apt-get." >&2
    echo "Install msgpack-c 4 or later and zlib with their headers and pkg-config files." >&2
    exit 69
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "error: missing ${missing[*]}; run as root: apt-get install ${missing[*]}" >&2
        exit 69
    }
    as_root=(sudo)
fi
echo "installing ${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
    "${apt[@]}" update >/dev/null
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}
