# `make demo` and `make test` work from a fresh clone, each as the first command, too.
#
# Variables: PYTHON (which Python .venv is made with: another one replaces it, and says
# so), PYTEST_ARGS.
PYTEST_ARGS ?=

BIN := .venv/bin
BOOTSTRAP := $(or $(PYTHON),python3) tools/bootstrap.py
PYTEST := $(BIN)/python -m pytest
C_UNITS := $(wildcard tests/native/test_c_units.py)
LOOP_TESTS := --ignore=tests/house --ignore=tests/native --ignore=tests/typing \
  --ignore=tests/differential
DEMO := examples/demo.py

.PHONY: demo test build lint tiers types forms pytest loops pure peers clients differential ctest \
	sanitize matrix wheel soak bench docs clean
.NOTPARALLEL:

demo: build
	@$(BIN)/python $(DEMO)

# What checks the sources says the same everywhere, and its tools are not there for
# PyPy, which has the pure form only; `pytest` runs that on libev-cffi.
ifeq ($(shell $(or $(PYTHON),python3) -c 'import sys; print(sys.implementation.name)'),pypy)
LOOPS := libuv-cffi
FORMS := default libuv-cffi formless
test: forms
else
LOOPS := libev-cffi libuv-cffi
FORMS := default pure libev-cffi libuv-cffi formless
test: lint tiers types forms
endif

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

# What `pytest`, `loops` and `pure` run, two runs at once; each prints when it has ended.
forms: build
	$(BIN)/python tools/test_forms.py $(FORMS) -- $(PYTEST_ARGS)

pytest: build
	$(PYTEST) --durations=25 $(PYTEST_ARGS)

# The tests again on the other loops, without those that know no loop: of the house, and
# of the C units. (The contract of loops is tested on all of them by parameter, always.)
loops: build
	for loop in $(LOOPS); do \
	  GEVENT_LOOP=$$loop $(PYTEST) $(LOOP_TESTS) $(PYTEST_ARGS) || exit 1; \
	done

# The same tests again with nothing compiled, on the same installation; the loop is then
# `libev-cffi`. PURE_TESTS="-m pure tests" runs the quick part.
pure: PURE_TESTS ?= $(LOOP_TESTS)
pure: build
	GEVENT_PURE_PYTHON=1 $(PYTEST) $(PURE_TESTS) $(PYTEST_ARGS)

# Against OpenSSL's program, curl, Redis and PostgreSQL, which it installs.
peers: PEERS := openssl curl redis-server postgresql
peers: build
	dpkg --status $(PEERS) >/dev/null 2>&1 || { apt-get -q update && \
	apt-get -q install --yes --no-install-recommends $(PEERS); }
	$(PYTEST) -m peers tests/peers $(PYTEST_ARGS)

# gunicorn, locust, Flask-SocketIO, Celery, pyzmq, gRPC, psycopg, redis-py and requests on
# this tree: from PyPI into build/clients, with gevent and what it needs from .venv.
clients: build
	$(BIN)/python tools/client_environment.py
	$(PYTEST) -m clients tests/clients $(PYTEST_ARGS)

# Some thousand small programs on gevent 26.9.0, which it installs, and on this tree: an
# hour. DIFFERENTIAL="event -k wait" selects; docs/how-to/compare-with-the-reference.md.
differential: build
	$(BIN)/python -m tests.differential $(DIFFERENTIAL)

# The C units alone, with the sanitizers of the compiler (`pytest` runs them, too).
ctest: build
	$(if $(C_UNITS),$(PYTEST) $(C_UNITS),@echo "there are no C units")

# C units under ASan and UBSan; tests with greenlets under memcheck, because ASan does not
# understand that greenlets copy stacks. Leaves a debug build; `make build` undoes it.
# MEMCHECK_TESTS: what memcheck runs. All of it takes some four minutes; not the two that
# cannot work there: one counts the arenas of pymalloc, which is off, and in the other a
# child has 3 ms for what takes it 60. The first options are needed because memcheck.py
# turns the cache of pytest off, and pyproject.toml sets its folder.
sanitize: MEMCHECK_TESTS ?= tests/native tests/loop tests/hub tests/sync
sanitize: MEMCHECK_OPTIONS := -o strict_config=false \
  -W "ignore:Unknown config option" \
  --deselect tests/native/test_chunks.py::test_ordinary_memory_is_never_asked_for_in_chunk_size \
  --deselect tests/hub/test_attacks.py::test_a_forked_child_goes_on_with_timers_io_and_signals
sanitize: export GEVENT_DEBUG_BUILD := 1
sanitize:
	@$(BOOTSTRAP) build --sanitize
	$(MAKE) ctest
	$(BIN)/python tools/memcheck.py $(MEMCHECK_OPTIONS) $(MEMCHECK_TESTS)

# `make test` on every interpreter; MATRIX="3.14 pypy3.11" selects. Needs root.
matrix:
	python3 tools/matrix.py $(MATRIX)

# The sdist and a wheel with libev and libuv inside, into dist/; what is in them, that two
# builds give the same bytes, and the tests from the wheel on all four forms, in a Debian
# root without compiler and libraries (needs root). WHEEL=build only builds.
wheel: build
	$(BIN)/python tools/wheel.py $(or $(WHEEL),all)

# Mixed load for SOAK seconds: nothing lost, nothing grows. GEVENT_LOOP chooses the loop.
soak: build
	$(BIN)/python benchmarks/soak.py --seconds $(or $(SOAK),600)

# Against gevent 26.9.0, asyncio, uvloop, trio and the floor; writes benchmarks/RESULTS.md.
# On a quiet machine, half an hour. BENCH="--rounds 1 core.*" selects.
bench: build
	$(BIN)/python benchmarks/compare.py $(BENCH)

# Builds the pages, and looks whether the reference has all public names.
docs:
	@$(BOOTSTRAP) docs
	$(BIN)/sphinx-build -E -W --keep-going -q -b html docs build/docs
	GEVENT_DOCS=build/docs $(PYTEST) -q tests/docs $(PYTEST_ARGS)

clean:
	rm -rf build dist *.egg-info
	find gevent -name '*.so' -delete
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
