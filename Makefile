# Every verb of the house. `make` alone lists them; .ci/run calls the same ones.
# A machine needs Python 3.11 or later and Node 20 or later; the rest is made here.

PYTHON ?= python3
BIN := .venv/bin
# Two workers suit two cores; a browser test and a database test then share the machine well.
WORKERS ?= 2
PORT ?= 4080
DATA ?= micrarium-data
# Passed on to pytest: make test TESTS="tests/pixels -x"
TESTS ?=

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f ! -name '*.tsbuildinfo' -print 2>/dev/null)
PACKAGE_SOURCES := pyproject.toml $(wildcard hatch_build.py)

# A person sees what is being installed; a log is spared it.
PIP_INSTALL := $(BIN)/pip install $(shell [ -t 2 ] || echo -q -q)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_update_notifier := false
export npm_config_fund := false
export npm_config_audit := false

.DEFAULT_GOAL := help
.PHONY: help env web demo test check bench soak docs format pins clean

help: ## list the verbs
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

# --- environment ------------------------------------------------------------------------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Micrarium needs Python 3.11 or later; $(PYTHON) is older. Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@PYTHON="$(PYTHON)" tools/provide.sh venv
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt $(PACKAGE_SOURCES) | .venv/bin/python
	$(PIP_INSTALL) -r requirements.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

env: .venv/.dev ## make .venv with everything pinned

pins: ## write requirements*.txt from the present .venv
	$(BIN)/python tools/pin_requirements.py

# --- web application --------------------------------------------------------------------------------------------------

web/node_modules/.installed: web/package-lock.json
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' \
		|| { echo "The web application needs Node 20 or later on the PATH." >&2; exit 1; }
	cd web && npm ci --ignore-scripts --loglevel=error
	@touch $@

src/micrarium/web/.built: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

web: src/micrarium/web/.built ## build the web application into the package

# --- the main job -----------------------------------------------------------------------------------------------------

demo: .venv/.runtime web ## a working server with demo data on http://localhost:4080
	$(BIN)/micrarium demo --data "$(DATA)" --port $(PORT)

# --- quality ----------------------------------------------------------------------------------------------------------

check: env web/node_modules/.installed ## format, lint, types, import rule, sizes, stale files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python tools/lint_queries.py
	$(BIN)/python tools/lint_sizes.py
	$(BIN)/python tools/lint_words.py
	$(BIN)/mypy
	$(BIN)/python -m micrarium.api.openapi --check
	$(BIN)/python tools/make_docs.py --check
	cd web && npm run --silent check

# A real OpenID provider for the tests of signing in.
tests/oidc/node_modules/.installed: tests/oidc/package-lock.json
	cd tests/oidc && npm ci --ignore-scripts --loglevel=error
	@touch $@

test: env web tests/oidc/node_modules/.installed ## unit and end-to-end tests, on SQLite and PostgreSQL, in real Chromium
	@tools/provide.sh postgresql chromium slapd java
	@PYTHON=$(BIN)/python tools/provide.sh bioformats
	cd web && npm test --silent
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak" $(TESTS)

soak: env web ## the long tests: kills, fuzz, load, a million rows
	@tools/provide.sh postgresql chromium
	@$(BIN)/pip install -q -q atheris==3.0.0 || echo "The fuzzer could not be installed; its tests are skipped."
	$(BIN)/python -m pytest -m soak --timeout 7200 $(TESTS)

# Peers have an environment of their own: what they need must not change what we measure.
.venv/peers/.installed: benchmarks/requirements.txt | .venv/bin/python
	$(PYTHON) -m venv .venv/peers
	.venv/peers/bin/pip install -q -q -r benchmarks/requirements.txt
	@touch $@

bench: env .venv/peers/.installed ## side-by-side measurements; each prints ratios and writes one JSON
	@set -e; export PATH="$$PATH:$(CURDIR)/.venv/peers/bin"; \
		for bench in benchmarks/[a-z]*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done

docs: env ## write openapi.json and the generated parts of docs/reference
	$(BIN)/python -m micrarium.api.openapi
	$(BIN)/python tools/make_docs.py

format: env ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what was built, but no data
	rm -rf .venv web/node_modules src/micrarium/web .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
