#!/usr/bin/env bash
# Servers and clients in virtual time with faults on purpose: 200 seeds of a minute, seeds that have
# found something before, the same seed in debug and release, and bugs that are put in on purpose.
set -euo pipefail
cd "$(dirname "$0")/../.."

swift build -c release --product Soak
release=$(swift build -c release --show-bin-path)/Soak
swift build --product Soak
debug=$(swift build --show-bin-path)/Soak

echo "seeds that have found something once"
"$release" --regression Simulator/FaultRuns/RegressionSeeds.txt

echo "bugs on purpose"
for plant in wrongNumber sentTwice wideInterest leakedSeat longQueue foreignRandom noSnapshots \
    damagedRecording lostEvent otherRules; do
    status=0
    # What it says of findings would look like real ones.
    found=$("$release" --plant "$plant" --seeds 60 --seconds 30 --json --twice 0 2>/dev/null) ||
        status=$?
    # 1 says that something was found; a program that breaks down has found nothing.
    if [ "$status" -ne 1 ] || ! grep -q '"checker":"' <<<"$found"; then
        echo "FAIL: $plant was not found (exit code $status)"
        exit 1
    fi
    echo "  $plant: $(grep -o '"checker":"[a-zA-Z]*"' <<<"$found" | head -n 1)"
done

echo "the same in debug and release"
diff <("$debug" --seeds 3 --seconds 15 --digests --twice 0) \
    <("$release" --seeds 3 --seconds 15 --digests --twice 0)

echo "200 seeds"
"$release" --seeds 200 --seconds 60
