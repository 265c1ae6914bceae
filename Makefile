# Needs make and Python >= 3.11 (make PYTHON=python3.12 … to choose one). All else is set up here: .venv, web/node_modules.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3  # processes that run the tests, which wait for servers now and then: one more than cores
BENCHMARKS ?= executor over_http clients create peers
# uv and npm trust what the system trusts, such as the proxy of a hospital (UV_NATIVE_TLS: older versions of uv).
export NODE_EXTRA_CA_CERTS ?= $(wildcard /etc/ssl/certs/ca-certificates.crt)
# What was compiled once is kept: a start takes a third less, and tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE =
TRUSTING := UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
UV := $(TRUSTING) UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --frozen --inexact --quiet --python $(BIN)/python

.PHONY: help serve test test-all lint page page-check schema bench audit clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

serve: .venv/serve page  ## set everything up and start the product on http://127.0.0.1:8000
	@exec $(BIN)/python -m app serve

test: lint page page-check  ## lint, types, layers, contract and tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-all: lint page page-check  ## the same with the long runs
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m ''

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

page: app/web/static/.built  ## build the page into app/web/static (needs npm)

page-check: page  ## types and tests of the page
	@test ! -d web/node_modules || npm --prefix web run check --silent

schema: .venv/serve  ## write the published contract
	$(BIN)/python -m app schema > graphql/schema.graphql
	$(BIN)/python -m app schema --operations > graphql/operations/manifest.json

bench: .venv/test  ## measure speed, on a machine that does nothing else (QUICK=1: a smoke test)
	@for each in $(BENCHMARKS); do $(BIN)/python bench/$$each.py $(if $(QUICK),--quick) || exit 1; done

# Both ask by the locked versions; what cannot be asked is a failure, too. https://osv.dev
audit: .venv/uv  ## known vulnerabilities of all dependencies (needs the internet)
	$(TRUSTING) $(BIN)/uv audit --frozen --preview-features audit-command
	npm --prefix web audit

clean:  ## take away what was built; data/ stays
	rm -rf .venv web/node_modules bench/peers/node_modules app/web/static

.venv/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dmi-graph needs Python 3.11 or later: make PYTHON=python3.12 serve")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8,<1'
	@touch $@

.venv/serve: .venv/uv pyproject.toml uv.lock
	@$(UV) --no-dev
	@touch $@

.venv/test: .venv/uv pyproject.toml uv.lock
	@$(UV)
	@touch $@ .venv/serve

# Without npm, or without its registry, everything but the page works; the server says so at /.
app/web/static/.built: graphql/schema.graphql graphql/examples/procedure.json $(wildcard graphql/fragments/* web/*.* web/src/* web/src/*/*)
	@if ! command -v npm >/dev/null; then \
	  echo "npm is missing: the page is not built; the API works without it."; \
	elif npm --prefix web ci --no-audit --no-fund --loglevel=error \
	  && npm --prefix web run build --loglevel=error -- --logLevel=warn; then \
	  touch $@; \
	else \
	  echo "The page could not be built (see above); the API works without it."; \
	fi
