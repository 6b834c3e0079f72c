# `make demo` and `make test` work from a fresh clone, each as the first command, too.
#
# Variables: PYTHON (which Python the virtual environment is made with), PYTEST_ARGS.
PYTEST_ARGS ?=

BIN := .venv/bin
BOOTSTRAP := $(or $(PYTHON),python3) tools/bootstrap.py
PYTEST := $(BIN)/python -m pytest
C_UNITS := $(wildcard tests/native/test_c_units.py)
DEMO := examples/demo.py

.PHONY: demo test build lint tiers types pytest pure ctest sanitize docs clean
.NOTPARALLEL:

demo: build
	@$(BIN)/python $(DEMO)

test: lint tiers types pytest pure

# System libraries, .venv, extensions in place; says nothing when there is nothing to do.
build:
	@$(BOOTSTRAP) build

lint: build
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	PATH="$(CURDIR)/$(BIN):$$PATH" cython-lint gevent
	$(BIN)/codespell

tiers: build
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/check_tiers.py

types: build
	$(BIN)/python tools/check_types.py

pytest: build
	$(PYTEST) --durations=25 $(PYTEST_ARGS)

# The tests marked `pure` again, on the same installation, with nothing compiled. Status
# 5 is "no tests": there is no such mark yet.
pure: build
	GEVENT_PURE_PYTHON=1 $(PYTEST) -m pure $(PYTEST_ARGS) || [ $$? -eq 5 ]

# The C units alone, with the sanitizers of the compiler (`pytest` runs them, too).
ctest: build
	$(if $(C_UNITS),$(PYTEST) $(C_UNITS),@echo "there are no C units")

# C units under ASan and UBSan; tests with greenlets under memcheck, because ASan does not
# understand that greenlets copy stacks. Leaves a debug build; `make build` undoes it.
sanitize: export GEVENT_DEBUG_BUILD := 1
sanitize:
	@$(BOOTSTRAP) build --sanitize
	$(MAKE) ctest
	$(BIN)/python tools/memcheck.py

docs:
	@$(BOOTSTRAP) docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

clean:
	rm -rf build dist *.egg-info
	find gevent -name '*.so' -delete
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
