# Two commands do all the set-up: `make run` and `make test`. They need git, make and Python 3.11 or later with venv.

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3 2>/dev/null))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARCHIVE ?= ../shared/archive
SCORE ?= ../shared/tools/score.py

.DEFAULT_GOAL := help
.PHONY: help run test lint typecheck check demo lock differ-score bench clean

help: ## Show what can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Install what is needed and start the daemon with config.yaml and state/.
	@exec $(BIN)/monitor287g run

demo: $(VENV)/.installed ## Show the whole line at work on invented agencies.
	@$(BIN)/monitor287g demo

test: $(VENV)/.installed-dev ## Install what is needed and run the tests.
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev ## Check style and format.
	$(BIN)/ruff check monitor tests benchmarks
	$(BIN)/ruff format --check monitor tests benchmarks

typecheck: $(VENV)/.installed-dev ## Check types.
	$(BIN)/mypy

check: test lint typecheck ## Everything CI checks.

differ-score: $(VENV)/.installed-dev ## Backfill the archive and score the differ against its hand-made labels.
	@test -d $(ARCHIVE) || { echo "$(ARCHIVE) is not there; name the archive: make differ-score ARCHIVE=… SCORE=…" >&2; exit 2; }
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(BIN)/monitor287g --state "$$dir" backfill $(ARCHIVE) && \
	$(BIN)/monitor287g --state "$$dir" events --json > "$$dir/events.jsonl" && \
	$(BIN)/python $(SCORE) "$$dir/events.jsonl" $(ARCHIVE)/changes.csv $(ARCHIVE)/timeline.csv

bench: $(VENV)/.installed-dev ## Measure how fast rosters are compared and messages sent.
	$(BIN)/python benchmarks/bench_differ.py
	$(BIN)/python benchmarks/bench_outbox.py

lock: ## Pin the dependencies anew (needs pip-tools on the path).
	CUSTOM_COMPILE_COMMAND="make lock" pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --allow-unsafe --generate-hashes \
		--build-deps-for editable --output-file requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --allow-unsafe --generate-hashes \
		--build-deps-for editable --extra dev --output-file requirements-dev.lock pyproject.toml

clean: ## Remove what was installed and built; state/ stays.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@
