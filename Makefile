# Bare `make` explains itself. Everything is installed inside this checkout: .venv, .odoo, .lint, var.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv/bin

.PHONY: help setup demo stop test test-engine test-odoo test-addons test-e2e test-robustness test-simulator
.PHONY: test-browser kill-test fuzz simulate bench bench-service bench-directory bench-odoo lint env clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the engine (.venv) and Odoo 19 (.odoo), nothing outside this folder
	@scripts/setup.sh engine odoo

demo: setup ## run a netting round between six Odoo firms and leave a second one to approve in a browser
	@$(VENV)/python -m demo run --var var/demo

stop: ## end what `make demo` and `make env` left running
	@if [ -x $(VENV)/python ]; then $(VENV)/python -m demo stop --var var/demo; scripts/postgres.sh stop var/postgres; fi

test: setup ## every test: engine, faults, simulated networks, addons inside Odoo, Odoo's own with them, updates, the demo end to end
	@scripts/test.sh engine robustness odoo core e2e,lifecycle,simulator

test-engine: ## the engine's tests only
	@scripts/setup.sh engine && scripts/test.sh engine

test-odoo: setup ## the addons inside Odoo, updated, uninstalled; Odoo's own accounting tests with them and without, compared
	@scripts/test.sh odoo lifecycle core-all

test-addons: setup ## the addons' tests inside Odoo only
	@scripts/test.sh odoo

test-e2e: setup ## the whole demo as a test only
	@scripts/test.sh e2e

test-robustness: ## kills, faults, isolation and generated requests only
	@scripts/setup.sh engine && scripts/test.sh robustness

test-simulator: ## the simulator's own tests and 500 simulated networks
	@scripts/setup.sh engine && scripts/test.sh simulator

test-browser: setup ## the demo in headless Chromium, as its users click through it; PICTURES=1 renews docs/images
	@scripts/setup.sh browser && BIZOVERBIZ_PICTURES=$(PICTURES) $(VENV)/python -m pytest -p no:cacheprovider -v tests/browser

simulate: ## simulated networks with faults, each from one seed: SEED=1 RUNS=500 STORE=memory (or postgres)
	@scripts/setup.sh engine && $(VENV)/python -m tests.simulator --seed $(or $(SEED),1) --runs $(or $(RUNS),500) \
	  --store $(or $(STORE),memory)

kill-test: ## kill -9 of API, workers and PostgreSQL while 20 members work: SECONDS=600 SEED=7
	@scripts/setup.sh engine && BIZOVERBIZ_KILL_SECONDS=$(SECONDS) BIZOVERBIZ_SEED=$(SEED) \
	  $(VENV)/python -m pytest -p no:cacheprovider -q -s tests/robustness/test_kills.py

fuzz: ## requests generated from the OpenAPI document: EXAMPLES=2000 SEED=7
	@scripts/setup.sh engine && BIZOVERBIZ_EXAMPLES=$(EXAMPLES) BIZOVERBIZ_SEED=$(SEED) \
	  $(VENV)/python -m pytest -p no:cacheprovider -q tests/robustness/test_generated_requests.py

bench: ## measure this project and others side by side, into docs/benchmarks.md, then the service; SIZES="1k 10k": of 1k 10k 100k 1M 2M
	@scripts/setup.sh bench && $(VENV)/python -m tests.benchmarks $(SIZES)
	@$(MAKE) --no-print-directory bench-service

bench-service: ## measure the running service only: calls a second, and a round; ROUNDS="100000 1000000" obligations
	@scripts/setup.sh bench && $(VENV)/python -m tests.benchmarks.service $(if $(ROUNDS),--round $(ROUNDS))

bench-directory: ## measure the directory's search, into docs/benchmarks-directory.md: PROFILES=100000
	@scripts/setup.sh bench && $(VENV)/python -m tests.benchmarks.directory --profiles $(or $(PROFILES),100000)

bench-odoo: setup ## measure the addons on large books, into docs/benchmarks-odoo.md: ITEMS=50000 LINES=2000
	@scripts/setup.sh bench && $(VENV)/python -m tests.benchmarks.books --items $(or $(ITEMS),50000) --notice $(or $(LINES),2000)

lint: ## ruff, mypy, import contracts, bandit, pip-audit, hadolint, pylint-odoo, XML and shell formatting
	@scripts/setup.sh engine lint && scripts/lint.sh

env: ## print shell exports to work by hand: eval "$$(make -s env)"
	@scripts/setup.sh engine odoo && scripts/env.sh

clean: stop ## remove databases and logs, keep what is installed
	@rm -rf var
