# What one types here. `make help` lists it. Everything lands in .venv/, node_modules/ and var/, nothing outside.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(wildcard config core accounts audit notifications universities funds alliance grants reviews awards reports demo bench)
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1mmake %-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- run it ----------------------------------------------------------------------------------------------------------
.PHONY: demo demo-reset services services-stop shell install install-dev
demo: install ## Install, start everything with the demo world in it, say where and as whom to sign in
	@$(BIN)/python -m config.demo

demo-reset: install ## The same, from new: throws the demo's data away first
	@$(BIN)/python -m config.demo --reset

services: install ## Start the embedded PostgreSQL and Valkey alone, for development
	@$(BIN)/python -m config.embedded start

services-stop: ## Stop them
	@$(BIN)/python -m config.embedded stop

shell: services ## A Python shell with Django loaded, on the embedded servers
	@$(BIN)/python manage.py shell

install: ## Install what the locks name, for running
	@$(PYTHON) config/install.py

install-dev: ## Install what the locks name, for checks and tests too
	@$(PYTHON) config/install.py --dev

# --- prove it --------------------------------------------------------------------------------------------------------
.PHONY: test check fix bench proof screens
test: install-dev ## Install, then run all tests, the browser tests included (ARGS= for pytest)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: install-dev ## ruff, mypy, templates, migrations, settings, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(BIN)/python -m pytest -q -p no:xdist tests/test_imports.py tests/config/test_locks.py

fix: install-dev ## Put right what ruff can put right by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## Measure (ONLY=prefix for some): a table, and var/bench.json
	@$(BIN)/python -m bench figures $(if $(ONLY),--only $(ONLY))

proof: install-dev ## Try to break the laws at length (ONLY=prefix for some): a table, and var/proof.json
	@$(BIN)/python -m bench proofs $(if $(ONLY),--only $(ONLY))

screens: install-dev ## Photograph the main pages as each person into var/screens/ (ONLY=name for some)
	@$(BIN)/python -m config.screens $(if $(ONLY),--only $(ONLY))

# --- keep it ---------------------------------------------------------------------------------------------------------
.PHONY: lock clean
LOCK := $(BIN)/python -m uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --universal
lock: install-dev ## Compile the locks anew from requirements*.in and package.json, newest versions that fit
	$(LOCK) --upgrade requirements.in -o requirements.lock
	$(LOCK) --upgrade -c requirements.lock requirements-dev.in -o requirements-dev.lock
	npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

clean: ## Remove what was installed and built; the data in var/ stays
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis var/static var/test var/bench var/chromium
