#!/usr/bin/env bash
# Every decoder under libFuzzer, for three seconds each.
set -euo pipefail
exec Fuzz/run.sh 3
