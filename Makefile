# `make run` starts crmweb; `make test` checks a change. Both set up what they need. See README.md.

MAKEFLAGS += --no-print-directory
ROOT := $(shell cd "$$(dirname '$(strip $(MAKEFILE_LIST))')" && pwd)
IN := cd "$(ROOT)" && PATH="$(ROOT)/.venv/bin:$$PATH"
PREPARE = cd "$(ROOT)" && python=$$(dev/find-python) && "$$python" dev/prepare.py
PYTEST = $(IN) python -m pytest

.PHONY: help run build test test-fast lint format bench drill security sbom translations lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make run           set up and start crmweb (PORT=8000)'
	@echo 'make build         set up without starting'
	@echo 'make test          everything a change must pass'
	@echo 'make test-fast     without browsers, on SQLite, about four minutes'
	@echo 'make lint          ruff, mypy, import order'
	@echo 'make format        let ruff lay out the code'
	@echo 'make bench         measure speed, write benchmarks/results.md'
	@echo 'make drill         kill and freeze the real processes, and look what is left'
	@echo 'make security      let other people’s tools look for holes: bandit, wapiti'
	@echo 'make sbom          write down all packages that the product is made of (CycloneDX)'
	@echo 'make translations  collect texts for translation'
	@echo 'make lock          pin the newest allowed packages'
	@echo 'make clean         remove what set-up made; never data'

run:
	@$(PREPARE) run && exec .venv/bin/crmweb run

build:
	@$(PREPARE) run

test: lint
	@$(IN) python -m tests.machine
	@$(IN) python dev/side_by_side.py all

test-fast:
	@$(PREPARE) test
	@$(IN) python dev/side_by_side.py fast

lint:
	@$(PREPARE) test
	@$(IN) ruff check .
	@$(IN) ruff format --check .
	@$(IN) mypy
	@$(IN) lint-imports --no-logo

format:
	@$(PREPARE) test
	@$(IN) ruff check --fix .
	@$(IN) ruff format .

bench:
	@$(PREPARE) test && exec .venv/bin/python -m benchmarks

drill:
	@$(PREPARE) test
	@$(PYTEST) tests/supervisor tests/notifications tests/test_backup.py tests/drills

security:
	@$(PREPARE) test && exec .venv/bin/python dev/security.py

sbom:
	@$(PREPARE) run && exec .venv/bin/python dev/sbom.py

translations:
	@$(PREPARE) test && exec .venv/bin/python dev/translations.py

lock:
	@$(PREPARE) run && exec .venv/bin/python dev/lock.py

clean:
	@cd "$(ROOT)" && rm -rf .venv .security .node .chromium .firefox .faketime .cache sbom node_modules static/dist .mypy_cache .ruff_cache .import_linter_cache
