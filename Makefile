# Every target works alone from a bare clone: it makes the virtual environment if it is not there or out of date.
#
#   make train ARGS=--fast           arguments for the command behind a target
#   make test PYTHON=python3.12      another Python (3.11 to 3.13)
#   make test VENV=/tmp/hemml-venv   another place for the virtual environment

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export MLFLOW_DISABLE_TELEMETRY ?= true
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help train test lint ui bench reference lock venv clean

help:  ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "ARGS=... goes to the command, PYTHON=... chooses the Python, VENV=... the virtual environment."

train: $(STAMP)  ## train on the shipped data set and print the score table
	$(BIN)/python -m hemml.train $(ARGS)

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest -q $(ARGS)

lint: $(STAMP)  ## check style, types, the layers of the packages and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

ui: $(STAMP)  ## open the MLflow UI on the recorded runs
	$(BIN)/hemml ui $(ARGS)

bench: $(STAMP)  ## run the benchmarks
	$(BIN)/python -m pytest -q benchmarks $(ARGS)

reference: $(STAMP)  ## write the reference of descriptors, docs/descriptors.md
	$(BIN)/python tools/build_reference.py

# nvidia-nccl-cu12 (300 MB) is only for XGBoost on several graphics cards; XGBoost loads it when it is asked to do that.
lock: $(STAMP)  ## pin the versions of all dependencies anew; ARGS=--upgrade takes the newest
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-emit-package nvidia-nccl-cu12 \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--output-file requirements.lock $(ARGS) pyproject.toml

venv: $(STAMP)  ## only make the virtual environment

# The stamp is written last, so an interrupted installation is taken up again. The lock names every package that is
# needed, the build backend too, so nothing is resolved (--no-deps) and nothing else is fetched.
$(STAMP): pyproject.toml requirements.lock
	@rm -f $@
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "hemml needs Python 3.11 to 3.13; got no '$(PYTHON)'; install Python or name one: make PYTHON=python3.12" >&2; \
		exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "hemml needs Python 3.11 to 3.13; got $$("$(PYTHON)" --version 2>&1); name one: make PYTHON=python3.12" >&2; \
		exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) must bring venv and ensurepip; got a Python without them; on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --no-deps --requirement requirements.lock
	"$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

clean:  ## remove the virtual environment and caches; trained models and recorded runs stay
	rm -rf "$(VENV)" build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache
	find hemml tests tools benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +
