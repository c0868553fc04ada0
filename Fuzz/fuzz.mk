# Allocation budgets and fuzzing; included by the Makefile at the top.

.PHONY: allocations
allocations: ## Count the allocations of steady ticks in a release build, against their budgets.
	@swift run --quiet -c release AllocationProbe Tests/AllocationTests/Budgets.json

FUZZ_SECONDS ?= 60

.PHONY: fuzz
fuzz: ## Fuzz every decoder, FUZZ_SECONDS=60 each.
	@Fuzz/run.sh $(FUZZ_SECONDS) || [ $$? -eq 77 ]

.PHONY: fuzz-short
fuzz-short: ## Fuzz every decoder for three seconds each.
	@Fuzz/run.sh 3 || [ $$? -eq 77 ]
