# Two commands do all the set-up: `make run` and `make test`. They need git, make and Python 3.11 or later with venv.

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3 2>/dev/null))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARCHIVE ?= ../shared/archive
SCORE ?= ../shared/tools/score.py
POLLS ?= 50000
BROWSER := tests/browser
MINUTES ?= 60
FAULTS ?= 1000
KILLS ?= 100

# $(call see-to,chromium npm): installs what is missing of these commands, each by the Debian package of its name.
see-to = @missing=; for tool in $(1); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then echo "Please install:$$missing" >&2; exit 2; fi; \
	echo "Installing:$$missing"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null

.DEFAULT_GOAL := help
.PHONY: help run test test-browser browser-tools screenshots lint typecheck check demo lock differ-score bench bench-more fuzz chaos soak install uninstall \
	audit sbom clean

help: ## Show what can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Install what is needed and start the daemon with config.yaml and state/.
	@exec $(BIN)/monitor287g run

demo: $(VENV)/.installed ## Show the whole line at work on invented agencies.
	@$(BIN)/monitor287g demo

test: $(VENV)/.installed-dev ## Install what is needed and run the tests, those of two files at a time.
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-browser: $(VENV)/.installed-dev $(BROWSER)/node_modules/.installed ## Look at the pages in a browser; SITE=DIR names a built site.
	$(call see-to,chromium)
	$(BIN)/python -m pytest $(BROWSER) $(if $(SITE),--site $(SITE))

browser-tools: ## Install what tests in a browser and in a feed reader need (Debian, as root).
	$(call see-to,chromium newsboat npm)

screenshots: $(VENV)/.installed-dev ## Picture the built site SITE=DIR into docs/img/site/; PAGES="index.html …" names other pages.
	$(call see-to,chromium)
	@test -n "$(SITE)" || { echo "Name a site built by monitor287g publish: make screenshots SITE=DIR" >&2; exit 2; }
	$(BIN)/python -m tests.browser.screenshots $(SITE) docs/img/site $(PAGES)

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

bench: $(VENV)/.installed-dev ## Measure it all, beside other programs, and write docs/performance.md; some ten minutes. SECTIONS="poll …" names some.
	$(call see-to,wrk)
	$(BIN)/python -m benchmarks $(if $(wildcard $(ARCHIVE)),--archive $(ARCHIVE)) $(SECTIONS)

bench-more: $(VENV)/.installed-dev ## Measure comparing case by case, the queue of messages, and hostile documents.
	$(BIN)/python -m benchmarks.comparing
	$(BIN)/python -m benchmarks.outbox
	$(BIN)/python -m benchmarks.hostile

chaos: $(VENV)/.installed-dev ## The archive among FAULTS and KILLS, against a quiet run; some forty minutes. SEED=… repeats one.
	$(BIN)/python -m tests.chaos $(FAULTS) $(KILLS) $(SEED)

fuzz: $(VENV)/.installed-dev ## Try bytes by chance on all that reads what is foreign, for MINUTES in all; TARGETS="page …" names some.
	$(BIN)/python -m tests.fuzz $(MINUTES) $(TARGETS)

soak: $(VENV)/.installed-dev ## One daemon polls POLLS times, as over a year, and must need no more at its end; some two hours.
	$(BIN)/python -m tests.chaos.soak $(POLLS)

install: $(VENV)/.installed ## Install as a system service, or this version in place of the one before (DESTDIR=, PREFIX=/opt/monitor287g).
	systemd/install.sh install $(BIN)/python

uninstall: ## Remove the service and the program; configuration and data stay.
	systemd/install.sh uninstall

audit: $(VENV)/.installed-audit ## Ask whether a flaw is known in a package that is installed; needs the network.
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

sbom: $(VENV)/.installed-audit ## Write what the program consists of to dist/monitor287g.cdx.json (CycloneDX).
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o dist/monitor287g.cdx.json requirements.lock

# What runs needs no pip, which sqlite-utils asks for (its plug-ins are installed with it): it is left out, and --no-deps keeps it out.
LOCK = CUSTOM_COMPILE_COMMAND="make lock" pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --generate-hashes
lock: ## Pin the dependencies anew (needs pip-tools on the path).
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --allow-unsafe --only-build-deps --build-deps-for wheel --build-deps-for editable --output-file requirements-build.lock pyproject.toml
	$(LOCK) --allow-unsafe --extra audit --output-file requirements-audit.lock pyproject.toml
	$(LOCK) --allow-unsafe --extra dev --output-file requirements-dev.lock pyproject.toml

clean: ## Remove what was installed and built; state/ stays.
	rm -rf $(VENV) .peers $(BROWSER)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz dist

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q monitor
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-audit: requirements-audit.lock $(VENV)/.installed
	$(PIP) install --quiet --require-hashes -r requirements-audit.lock
	@touch $@

$(BROWSER)/node_modules/.installed: $(BROWSER)/package-lock.json
	$(call see-to,npm)
	cd $(BROWSER) && npm ci --ignore-scripts --loglevel=error
	@touch $@
