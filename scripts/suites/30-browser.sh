#!/usr/bin/env bash
# The pages in headless Chromium.
set -uo pipefail
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    scripts/install-dependencies.sh chromium || { echo "skipped: chromium is missing"; exit 77; }
fi
python=$(scripts/python-environment.sh playwright) || exit $?
scripts/web.sh || exit $?
"$python" Tests/Browser/test_page.py || exit $?
exec "$python" Tests/Browser/test_replay.py
