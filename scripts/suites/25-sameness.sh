#!/usr/bin/env bash
# One log of inputs gives the same states in all builds, in Node and in Chromium: the short form.
set -uo pipefail
exec scripts/sameness.sh 20000
