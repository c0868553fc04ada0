# Hyoshi. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
SWIFT ?= swift
PYTHON ?= python3
# What a second run of the same tests need not build again.
CACHE := .build/cache

.PHONY: help
help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: dependencies
dependencies: ## Install the packages that a build needs (apt-get; sudo where not root).
	@scripts/install-dependencies.sh

.PHONY: build
build: dependencies web ## Build the server, the bots and the page's modules, optimised.
	@$(SWIFT) build -c release --product hyoshi
	@$(SWIFT) build -c release --product Simulator

.PHONY: web
web: ## Compile the client's core and the games to WebAssembly, into .build/web.
	@scripts/web.sh

.PHONY: run
run: build ## Play: server, arena and bots; prints the address of the page. PORT=8080 BOTS=6
	@scripts/run.sh

.PHONY: test
test: ## Run every test that a change must pass.
	@scripts/test.sh

.PHONY: deltas-million
deltas-million: ## Compare deltas with the plain reference on a million random worlds; minutes.
	@HYOSHI_WORLDS=1000000 $(SWIFT) test --filter SnapshotPropertyTests

.PHONY: format
format: ## Format the sources.
	@$(SWIFT) format -i -r Package.swift Sources Games Simulator Benchmarks/netcode Tests Fuzz --configuration .swift-format

.PHONY: lint
lint: ## Check the format.
	@$(SWIFT) format lint --strict -r Package.swift Sources Games Simulator Benchmarks/netcode Tests Fuzz --configuration .swift-format

.PHONY: new-package-test
new-package-test: build ## Write a package with `hyoshi new`, build it, test it, serve it.
	@scripts/new-package-test.sh

.PHONY: bench
bench: build ## Compare the server's cost with a bare C server; prints a table.
	@$(PYTHON) Benchmarks/bench.py

.PHONY: soak
soak: dependencies ## Play 10,000 virtual runs with faults, 40 minutes on 2 cores; prints what happened. SEEDS=10000 FIRST=1
	@$(SWIFT) build -c release --product Soak
	@"$$($(SWIFT) build -c release --show-bin-path)/Soak" --seeds $(or $(SEEDS),10000) --first $(or $(FIRST),1) --keep-going $(ARGUMENTS)

.PHONY: sameness
sameness: dependencies ## Prove that 100,000 ticks are the same natively and in WebAssembly.
	@scripts/sameness.sh

.PHONY: bench-netcode
bench-netcode: dependencies ## Measure the netcode in virtual time; prints a table. ARGUMENTS="--json" "--details" "--check"
	@$(SWIFT) build -c release --product NetcodeBenchmark
	@"$$($(SWIFT) build -c release --show-bin-path)/NetcodeBenchmark" $(ARGUMENTS)

.PHONY: bench-virtual
bench-virtual: dependencies ## Measure matches without sockets against real time; prints a table. ARGUMENTS="--json" "--check"
	@$(SWIFT) build -c release --product Simulator
	@$(PYTHON) Benchmarks/virtual.py --simulator "$$($(SWIFT) build -c release --show-bin-path)/Simulator" $(ARGUMENTS)

.PHONY: clean
clean: ## Remove what was built.
	@rm -rf .build

-include Tests/Conformance/conformance.mk
-include Fuzz/fuzz.mk
