"""The chunk cache in front of the running interpreter, and its plain-Python twin."""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from gevent._native.memory import chunks

ROOT = Path(__file__).resolve().parents[2]
TWIN = ROOT / "gevent" / "_native" / "memory" / "chunks.py"
LIMIT = 60  # seconds for a fresh process

compiled = pytest.mark.skipif(
    chunks.__file__ == str(TWIN), reason="the plain-Python form has no cache"
)

PRELUDE = """
import greenlet, random, sys
from gevent._native.memory import chunks

main = greenlet.getcurrent()

def run(n):
    for _ in range(n):
        greenlet.greenlet(lambda: None).switch()

def live(n):
    parked = [greenlet.greenlet(lambda: main.switch()) for _ in range(n)]
    for each in parked:
        each.switch()
    return parked

def finish(parked):
    random.Random(1).shuffle(parked)
    for each in parked:
        each.switch()

def n_maps():
    with open("/proc/self/maps") as maps:
        return sum(1 for _ in maps)
"""

Program = Callable[[str], str]


@pytest.fixture
def program() -> Program:
    """Run a program in a fresh process, for the cache is never taken away."""

    def run(text: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PRELUDE + textwrap.dedent(text)],
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    return run


@pytest.fixture
def twin() -> ModuleType:
    spec = importlib.util.spec_from_file_location("chunks_twin", TWIN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_twin_installs_nothing(twin: ModuleType) -> None:
    assert twin.install() is False
    assert twin.installed() is False


def test_twin_counts_nothing(twin: ModuleType) -> None:
    assert twin.statistics() == (0, 0, 0, 0)
    assert twin.trim() == 0


def test_twin_wants_no_tick(twin: ModuleType) -> None:
    assert twin.tick(0.0) == math.inf


def test_twin_has_the_names_of_the_compiled_module(twin: ModuleType) -> None:
    assert twin.__all__ == chunks.__all__
    assert twin.Statistics._fields == chunks.Statistics._fields


@compiled
def test_import_installs_nothing(program: Program) -> None:
    assert program("print(chunks.installed(), chunks.trim())") == "False 0"


@compiled
def test_install_twice_installs_once(program: Program) -> None:
    text = """
        print(chunks.install(), chunks.install(), chunks.installed())
        run(10)
        print(chunks.statistics().misses)
    """
    assert program(text) == "True True True\n1"


@compiled
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on address space")
def test_without_room_for_its_tables_nothing_is_installed(program: Program) -> None:
    text = """
        import resource
        with open("/proc/self/statm") as numbers:
            used = int(numbers.read().split()[0]) * resource.getpagesize()
        limit = used + (8 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        print(chunks.install(), chunks.installed())
        run(10)
    """
    assert program(text) == "False False"


@compiled
def test_greenlets_in_turn_share_one_chunk(program: Program) -> None:
    text = """
        chunks.install()
        run(1000)
        print(*chunks.statistics())
    """
    assert program(text) == "999 1 1 0"


@compiled
def test_greenlets_from_before_install_may_end_after_it(program: Program) -> None:
    text = """
        parked = live(2000)
        chunks.install()
        finish(parked)
        print(*chunks.statistics())
    """
    assert program(text) == "0 0 1024 0"


@compiled
def test_burst_is_forgotten_within_thirty_seconds(program: Program) -> None:
    text = """
        chunks.install()
        finish(live(5000))
        print(chunks.statistics().kept)
        now = 1000.0
        while (due := chunks.tick(now)) != float("inf"):
            now = due
        print(now < 1030, chunks.statistics().kept)
    """
    assert program(text) == "5000\nTrue 1024"


@compiled
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_deaths_in_any_order_make_few_maps(program: Program) -> None:
    text = """
        chunks.install()
        parked = live(100_000)
        before = n_maps()
        random.Random(1).shuffle(parked)
        most = 0
        for i, each in enumerate(parked):
            each.switch()
            if i % 10_000 == 0:
                most = max(most, n_maps())
        now = 0.0
        while (due := chunks.tick(now)) != float("inf"):
            now = due
            if not chunks.statistics().kept % 7:
                most = max(most, n_maps())
        print(most - before < 4000, chunks.statistics().kept)
    """
    assert program(text) == "True 1024"


@compiled
def test_threads_that_end_give_their_chunks_back(program: Program) -> None:
    text = """
        import threading
        chunks.install()
        for _ in range(20):
            threads = [threading.Thread(target=run, args=(50,)) for _ in range(4)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        run(1)
        numbers = chunks.statistics()
        print(numbers.live, numbers.hits + numbers.misses >= 4001)
    """
    live, enough = program(text).split()
    assert int(live) <= 4  # a joined thread may still be on its last steps
    assert enough == "True"


@compiled
def test_forked_child_uses_and_trims_its_own_cache(program: Program) -> None:
    text = """
        import os
        chunks.install()
        finish(live(100))
        child = os.fork()
        if not child:
            run(10)
            freed = chunks.trim()
            run(10)
            os._exit(freed != 100)
        print(os.waitpid(child, 0)[1])
        finish(live(100))
        print(chunks.statistics().misses)
    """
    assert program(text) == "0\n100"


@pytest.fixture(scope="module")
def arena_sizes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    library = tmp_path_factory.mktemp("arena") / "arena_sizes.so"
    source = Path(__file__).with_name("arena_sizes.c")
    include = sysconfig.get_paths()["include"]
    options = ("-shared", "-fPIC", "-undefined", "dynamic_lookup")
    kept = options if sys.platform == "darwin" else options[:2]
    command = (compiler, *kept, f"-I{include}", str(source), "-o", str(library))
    subprocess.run(command, check=True)
    return library


COUNTED = """
import ctypes, gc
arena = ctypes.PyDLL({library!r})
n_of_size = arena.n_of_arena_size
n_of_size.restype, n_of_size.argtypes = ctypes.c_ulong, [ctypes.c_size_t]
arena.count_arena_sizes()
"""


@compiled
def test_ordinary_memory_is_never_asked_for_in_chunk_size(
    program: Program, arena_sizes: Path
) -> None:
    text = COUNTED.format(library=str(arena_sizes)) + (
        "kept = [[(i, str(i), {i: object()}) for i in range(100)]"
        " for _ in range(2000)]\n"
        "types = [type(str(i), (), {}) for i in range(500)]\n"
        "del kept, types\n"
        "gc.collect()\n"
        "print(n_of_size(16384), n_of_size(1 << 20) + n_of_size(1 << 18) > 0)\n"
    )
    assert program(text) == "0 True"


@compiled
def test_each_greenlet_asks_for_one_chunk(program: Program, arena_sizes: Path) -> None:
    text = COUNTED.format(library=str(arena_sizes)) + (
        "before = n_of_size(16384)\nrun(100)\nprint(n_of_size(16384) - before)\n"
    )
    assert program(text) == "100"


@compiled
def test_cache_hides_chunks_from_an_allocator_below_it(
    program: Program, arena_sizes: Path
) -> None:
    text = COUNTED.format(library=str(arena_sizes)) + (
        "chunks.install()\nrun(100)\nprint(n_of_size(16384))\n"
    )
    assert program(text) == "1"


@compiled
def test_allocator_installed_above_the_cache_still_uses_it(
    program: Program, arena_sizes: Path
) -> None:
    text = (
        "chunks.install()\n"
        + COUNTED.format(library=str(arena_sizes))
        + ("run(100)\nprint(n_of_size(16384), chunks.statistics().hits)\n")
    )
    assert program(text) == "100 99"
