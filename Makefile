# `make demo` and `make test` work from a fresh clone; everything else is a part of them.
PYTHON ?= python3
VENV := .venv/bin
RUN := nice $(VENV)/python
BOOTSTRAP := $(PYTHON) tools/bootstrap.py

PYTEST_ARGS ?=

.PHONY: demo test build tools lint types tests pure ctest sanitize docs clean
.NOTPARALLEL:

demo: build
	@$(VENV)/python examples/demo.py

test: lint types tests pure ctest

build:
	@$(BOOTSTRAP) build

# The virtual environment alone, without the extensions.
tools:
	@$(BOOTSTRAP) tools

lint: build
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(RUN) tools/check_sources.py cython-lint
	$(RUN) tools/check_sources.py codespell
	$(VENV)/lint-imports --no-cache
	$(RUN) tools/check_tiers.py

types: build
	$(RUN) tools/check_types.py

tests: build
	$(RUN) -m pytest $(PYTEST_ARGS)

pure: build
	GEVENT_PURE_PYTHON=1 $(RUN) tools/run_pure.py $(PYTEST_ARGS)

ctest: build
	$(RUN) tools/run_c_units.py

sanitize:
	@$(BOOTSTRAP) build --sanitize
	$(RUN) tools/sanitize.py

docs:
	@$(BOOTSTRAP) docs
	$(VENV)/sphinx-build -W --keep-going -b html docs build/docs

clean:
	rm -rf build dist *.egg-info
	find gevent -name '*.so' -delete
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
