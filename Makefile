# `make serve` and `make test` do everything on a machine with Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Processes that test side by side: tests wait for others, so two pay on one core as well.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
HOST ?= 127.0.0.1
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help serve test check lint types format bench proof proof-clients image-check clean screenshots

help:  ## show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.serve  ## install the service (no PyTorch) and start it with the bundled models
	$(BIN)/textcnn serve --host $(HOST) --port $(PORT)

test: $(VENV)/.all  ## install everything and run every test
	$(PYTEST)

check: $(VENV)/.all  ## run the tests that take no time, in under three minutes
	$(PYTEST) -m "not slow"

lint: $(VENV)/.all  ## check style and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.all  ## check types, tests included
	$(BIN)/mypy

format: $(VENV)/.all  ## write the style that `make lint` checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.all  ## measure on this machine; results go to benchmarks/results
	$(PIP) --editable '.[bench]'
	$(BIN)/python -m benchmarks

proof: $(VENV)/.all proof-clients  ## the full counts of what `make test` does briefly: hostile bodies, damaged files, drains, a soak, load, promotions, kills
	$(PIP) --editable '.[bench]'
	$(BIN)/python -m benchmarks proof
	TEXTCNN_PROOF=1 $(BIN)/python -m pytest --timeout 7200 -m proof
	$(BIN)/python -m benchmarks.tables

proof-clients: build/clients/.installed  ## the real clients of the dialects, in an environment of their own, against what is recorded
	build/clients/bin/python -m pytest tests/service/dialects/clients

image-check: $(VENV)/.all  ## build the container image, run and ask it (root; apt-get install buildah debootstrap)
	$(BIN)/python -m benchmarks image

screenshots: $(VENV)/.all  ## make the pictures of the console in docs/images (needs Chromium)
	$(BIN)/python runs/screenshots.py

clean:  ## forget what was installed and built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache

# A stamp is newer than what it was installed from, so the second call installs nothing.
$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.serve: pyproject.toml constraints.txt | $(VENV)/.created
	$(PIP) --editable '.[serve]'
	@touch $@

$(VENV)/.all: pyproject.toml constraints.txt | $(VENV)/.created
	$(PIP) --editable '.[train,serve,dev]'
	@touch $@ $(VENV)/.serve

build/clients/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv build/clients
	build/clients/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[serve,clients]'
	@touch $@
