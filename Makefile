# How to set up, run and check Firsthand. `make` alone lists the targets.
#
# Set-up is remembered in stamp files: a target does again only what its inputs changed, so a
# second `make run` starts the server at once and needs no network.

# Which Python makes .venv: the newest suitable one when empty, else for example PYTHON=python3.12.
PYTHON ?=
# DEMO=0 starts an empty knowledge base instead of one with demo people and articles.
DEMO ?= 1
# SEMANTIC=0 leaves out the packages for search by meaning; it goes by words alone then.
SEMANTIC ?= 1
# What pytest is given beside that, for example ARGS="-k search -x".
ARGS ?=

BIN := .venv/bin
MEANING := $(if $(filter 0 no false,$(SEMANTIC)),,.venv/.semantic)
# A process for each processor; a file's tests stay together, for what they share is costly. In the
# order they are in: else the long files, which have few tests, would be begun last.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# Ready-made packages only, and none but those pinned: what they declare and do not use stays out.
INSTALL_SEMANTIC := $(INSTALL) --no-deps --only-binary :all: -r requirements-semantic.txt
WORDS_ALONE := Search goes by words alone: the packages for search by meaning could not be installed, \
	see the message above. The next try is with the next make; SEMANTIC=0 does without.
OFFLINE := The packages could not be installed: this needs the network once, see the message above.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check lint pytest format bench screenshots lock clean FORCE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: .venv/.runtime $(MEANING) node_modules/.ready ## Set up what is missing, then serve on http://127.0.0.1:8000 (DEMO=0: start empty)
	@exec $(BIN)/python -m ops.run $(if $(filter 0 no false,$(DEMO)),--empty)

test: check ## Set up what is missing, then run everything: linters, types, tests

check: lint pytest ## The same under the name that a change has to pass

lint: .venv/.development $(MEANING) ## Style, types, import directions, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

pytest: .venv/.development $(MEANING) node_modules/.ready ## The tests alone (ARGS="-k search -x" chooses)
	$(if $(FIRSTHAND_TEST_POSTGRESQL),$(PYTEST) --database postgresql $(ARGS))
	$(PYTEST) $(ARGS)

format: .venv/.development ## Lay the code out as `make check` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.development $(MEANING) node_modules/.ready ## Measure what we promise, with 10,000 articles kept in var/ (ARGS="pages finding" chooses)
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: .venv/.development node_modules/.ready ## Take the pictures of docs/ anew, from the demo company (needs Chromium)
	@$(BIN)/python -m scripts.screenshots

lock: .venv/.development ## Pin the dependencies of pyproject.toml anew (UPGRADE=1: to their newest versions)
	$(INSTALL) -r requirements-lock.txt
	@scripts/lock $(if $(UPGRADE),--upgrade)

clean: ## Remove what set-up made; var/ with the data stays
	rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Set-up, step by step

.venv/.python: FORCE
	@scripts/virtual-environment '$(PYTHON)'

.venv/.runtime: requirements.txt .venv/.python
	@echo 'Installing the Python packages (a minute, only when they changed) ...'
	@$(INSTALL) -r requirements.txt || { echo '$(OFFLINE)' >&2; exit 1; }
	@touch $@

.venv/.development: requirements-dev.txt .venv/.python
	@echo 'Installing the Python packages (a minute, only when they changed) ...'
	@$(INSTALL) -r requirements-dev.txt || { echo '$(OFFLINE)' >&2; exit 1; }
	@touch .venv/.runtime $@

# Not every machine has them ready-made, and everything works without: a failure is said, no more.
.venv/.semantic: requirements-semantic.txt .venv/.python
	@echo 'Installing the packages for search by meaning (only when they changed) ...'
	@if $(INSTALL_SEMANTIC); then touch $@; else echo '$(WORDS_ALONE)' >&2; fi

node_modules/.ready: package.json package-lock.json requirements-node.txt | .venv/.python
	@echo 'Installing the browser packages (only when they changed) ...'
	@scripts/browser-packages || { echo '$(OFFLINE)' >&2; exit 1; }
	@touch $@
