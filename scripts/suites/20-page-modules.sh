#!/usr/bin/env bash
# The page's modules, under Node.
set -uo pipefail
command -v node >/dev/null || { echo "skipped: node is missing"; exit 77; }
exec node --test Clients/web/tests
