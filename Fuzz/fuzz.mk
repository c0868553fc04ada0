# Allocation budgets and fuzzing; included by the Makefile at the top.

# Counts the allocations of steady ticks in a release build.
.PHONY: allocations
allocations:
	swift run --quiet -c release AllocationProbe Tests/AllocationTests/Budgets.json
