#!/usr/bin/env bash
# A steady tick allocates nothing.
set -euo pipefail
make -s allocations
