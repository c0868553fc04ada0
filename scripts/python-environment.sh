#!/usr/bin/env bash
# Prints the path of a Python with the packages that are named, in a virtual environment of its own.
#
#   python=$(scripts/python-environment.sh websockets msgpack)
# Exit code 77 where that is not possible on this machine, with one line that says why.
set -uo pipefail
cd "$(dirname "$0")/.."
environment=.build/python
if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is missing" >&2
    exit 77
fi
if [ ! -x "$environment/bin/python" ]; then
    rm -rf "$environment"
    if ! python3 -m venv "$environment" >/dev/null 2>&1; then
        scripts/install-dependencies.sh python3-venv >&2 || true
        python3 -m venv "$environment" >/dev/null 2>&1 || {
            echo "skipped: python3 cannot make a virtual environment (python3-venv)" >&2
            exit 77
        }
    fi
fi
for package in "$@"; do
    "$environment/bin/python" -c "import ${package}" 2>/dev/null && continue
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$package" >&2 || {
        echo "skipped: cannot install the Python package $package" >&2
        exit 77
    }
done
echo "$PWD/$environment/bin/python"
