# The WebSocket layer under Autobahn|Testsuite; see Tests/Conformance/run.py.
CONFORMANCE := $(PYTHON) Tests/Conformance/run.py --cache $(CACHE)

.PHONY: conformance
conformance: build ## Run all 517 Autobahn cases in both roles; rewrites the expected result.
	@$(CONFORMANCE) --all --update --transcripts

.PHONY: conformance-short
conformance-short: ## Run Autobahn groups 1-7, 9, 10 and a sample of 12 and 13 (HYOSHI: the program).
	@$(CONFORMANCE) --quick
