# A handful of verbs; each begins with what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA_DIR ?= .tracepass
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
PYTEST_WORKERS ?= 2

NODE_TOOLS := $(patsubst %/package-lock.json,%/node_modules/.installed,$(wildcard tests/*/node/package-lock.json))

.PHONY: help install install-dev node-tools run test test-n8n coverage lint format bench faults docs collections site versions lock clean

help: ## Show what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1|/' | column -t -s '|'

$(VENV)/.run-installed: requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-installed: requirements/dev.txt $(VENV)/.run-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/.run-installed ## Make .venv from the lock, embedded MongoDB included

install-dev: $(VENV)/.dev-installed ## Add what tests, lint and benchmarks need

# A test whose tools are missing skips, so nothing fails where there is no npm, or no network.
tests/%/node_modules/.installed: tests/%/package-lock.json
	@(cd $(<D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 && touch node_modules/.installed) >/dev/null \
		|| echo "make: npm cannot install what $(<D) names; the tests that need it will skip" >&2

node-tools: $(NODE_TOOLS) ## Install what tests use of npm, where there is npm

run: install ## Start the server with its own MongoDB and a demo workspace
	@TRACEPASS_LOG_LEVEL=$${TRACEPASS_LOG_LEVEL:-warning} exec $(BIN)/tracepass demo --host $(HOST) --port $(PORT) --data-dir $(DATA_DIR) --workers $(WORKERS)

test: install-dev node-tools ## Run the whole suite, as CI does
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup

coverage: install-dev node-tools ## The same, and count which lines and branches it ran: half as long again
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup --cov --cov-report=term

lint: install-dev ## Check style, types and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev ## Put the code into its style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-n8n: install-dev ## Run n8n itself with our nodes: 3 GB, minutes the first time
	$(BIN)/python -m tests.n8n.real build/n8n

bench: install-dev ## Measure against floors on the embedded MongoDB and print the ratios
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.gs1
	$(BIN)/python -m benchmarks.epc
	$(BIN)/python -m benchmarks.webhooks
	$(BIN)/python -m benchmarks.epcis
	$(BIN)/python -m benchmarks.exports
	$(BIN)/python -m benchmarks.imports

faults: install-dev ## Kill processes on purpose, for minutes
	$(BIN)/python -m pytest tests/faults -m "faults or not faults" --run-long -p no:cacheprovider

docs: install-dev ## Write docs/templates/ anew from the template data
	$(BIN)/python -m tracepass.templates.pages

collections: install-dev ## Write integrations/collections anew from the contract
	$(BIN)/python -m documentation.collections

site: install-dev ## Make a site of the guides in build/site; a link that leads nowhere fails it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

versions: install-dev ## Publish new template files: add their hashes to versions.json
	$(BIN)/python -m tracepass.templates.versions

lock: ## Renew the locks from pyproject.toml (needs uv)
	uv pip compile --quiet pyproject.toml --extra embedded --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --output-file requirements/dev.txt
	uv pip compile --quiet pyproject.toml --extra embedded --group build --constraint requirements/dev.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --output-file requirements/run.txt

clean: ## Remove what was built; data stay
	rm -rf $(VENV) tests/*/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage .coverage.*
