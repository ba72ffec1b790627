# Two commands for a fresh machine with Python 3.11 or newer: `make demo` and `make test`. Both do the set-up first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SITE_READY := $(VENV)/.site-ready
# the extras that are installed (pyproject.toml); with `docs` among them, `make site` has nothing to install
EXTRAS := dev

.PHONY: demo test lint site setup clean-venv

demo: $(READY)
	$(BIN)/socialrl demo

# A process for each core, with one thread of torch each; one that has done its tests takes over some of another's.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

site: $(SITE_READY)
	.ci/site

setup: $(READY)

# Runs again only when the dependencies change. The marker is written last, so a broken installation is repeated.
# Without byte code of all that is installed: Python writes that of what is used, which is a small part of it.
$(READY): pyproject.toml envs/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "socialrl needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade -c constraints.txt pip
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e ./envs -e '.[$(EXTRAS)]'
	@touch $(READY)
	@$(if $(findstring docs,$(EXTRAS)),touch $(SITE_READY))

$(SITE_READY): $(READY)
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[dev,docs]'
	@touch $(SITE_READY)

clean-venv:
	rm -rf $(VENV)
