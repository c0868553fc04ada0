#!/usr/bin/env bash
# The page's modules, under Node; with them the module that is compiled from Swift.
set -uo pipefail
command -v node >/dev/null || { echo "skipped: node is missing"; exit 77; }
scripts/web.sh || exit $?
exec node --test Clients/web/tests
