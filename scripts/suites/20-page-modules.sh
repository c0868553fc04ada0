#!/usr/bin/env bash
# The page's modules, under Node; with them the module that is compiled from Swift.
set -uo pipefail
command -v node >/dev/null || { echo "skipped: node is missing"; exit 77; }
scripts/web.sh || exit $?
# A game is compiled with all its folders, whatever they are called.
folder=.build/cache/folders
mkdir -p "$folder/Tag/Recording/Native"
cp Games/Tag/Tag.swift "$folder/Tag/Recording/Native/"
scripts/web.sh --module Tag --sources "$folder/Tag" --game tag --output "$folder" || exit $?
exec node --test Clients/web/tests
