"""The reference: each page has an example that goes, and nothing public is missing."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import gevent
from tests.support.form import is_pure

TREE = Path(__file__).parents[2]
PAGES = sorted((TREE / "docs" / "reference").glob("*.md"))
# Pages about no module.
OTHER = {"changelog", "examples", "glossary", "missing"}
PATIENCE = 60.0  # seconds; only what hangs takes as long

SESSION = """
import doctest, re, sys
blocks = re.findall(r"^```pycon\\n(.*?)^```$", open(sys.argv[1]).read(), re.M | re.S)
test = doctest.DocTestParser().get_doctest("\\n".join(blocks), {}, sys.argv[1], None, 0)
# The module of an exception is not the same on all interpreters.
flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
print(doctest.DocTestRunner(optionflags=flags).run(test).failed, "failed")
"""

# Homes of modules, and facades of what only loops are made of.
NOT_PUBLIC = re.compile(
    r"gevent\.(_base|_hub|_loop|_native|commands|net|patch|servers|simulation|sync)(\.|$)"
    r"|gevent\.exporters\._tally(\.|$)|gevent\.(libev|libuv)$|.*\.watcher$|.*\.__main__$|gevent\._(ffi|threading)"
)
OF_SCOPES = {"cancel_now", "is_own", "lose_patience", "told_deadline"}
# What is visible for the sake of other modules of gevent. Programs have no use for it.
INTERNAL: dict[str, set[str]] = {
    "gevent.CancelScope": OF_SCOPES,
    "gevent.cancellation.CancelScope": OF_SCOPES,
    "gevent.threadpool.ThreadPool": {"fork_watcher", "manager"},
    "gevent.threadpool.ThreadResult": {
        "async_watcher",
        "call_when_ready",
        "context",
        "exc_info",
        "hub",
        "loop",
        "receiver",
        "value",
    },
    "gevent.socket.SocketType": {"fd"},
    "gevent.resolver.ares.Resolver": {"cares"},
    "gevent.resolver_ares.Resolver": {"cares"},
    "gevent.util.assert_switches": {"hub", "tracer"},
    "gevent.pywsgi.WSGIServer": {
        "begin",
        "end",
        "has_slot",
        "limit_reached",
        "log_client_error",
        "log_limited",
        "log_refused",
        "may_log",
        "note_finished",
        "note_refused",
        "refuse",
        "refuse_proxy",
        "report",
        "resume",
        "shake_hands",
        "takes_over",
        "warn_handler",
        "when_slot",
        "write_log",
    },
}
# What every loop has; the rest of its names are of the scheduler and the hub.
LOOP = """
    run break_ run_callback run_callback_threadsafe now update_now handle_error default
    destroyed reinit destroy ref unref io closing_fd timer signal idle prepare check
    fork async_ child stat install_sigchld reset_sigchld activecnt iteration backend
    backend_int fileno verify
"""
# What it has from the standard library's class.
POPEN = """
    args kill pid poll returncode send_signal stderr stdin stdout terminate wait
"""
TERMS_OF_EVERYBODY = {"hub", "loop", "linkcount", "counter"}  # of native classes

BUILT = os.environ.get("GEVENT_DOCS", "")
needs_pages = pytest.mark.skipif(
    not BUILT, reason="`make docs` runs it on what it built"
)


@pytest.mark.parametrize("page", PAGES, ids=[path.stem for path in PAGES])
def test_a_page_begins_with_an_example_that_goes(page: Path) -> None:
    if page.stem in OTHER:
        pytest.skip("is about no module")
    text = page.read_text()
    assert "```pycon" in text
    assert text.index("```pycon") < text.index("```{eval-rst}")
    if page.stem == "corecext" and is_pure():
        pytest.skip("about a compiled module")
    finished = subprocess.run(
        [sys.executable, "-c", SESSION, str(page)],
        env=dict(os.environ, PYTHONPATH=str(TREE), PYTHONWARNINGS="ignore"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert finished.stdout.endswith("0 failed\n"), finished.stdout


@pytest.fixture(scope="module")
def built() -> Path:
    """The pages, as ``make docs`` has built them."""
    return TREE / BUILT


@pytest.fixture(scope="module")
def inventory(built: Path) -> dict[str, str]:
    """The names in ``objects.inv``, each with where it leads."""
    from sphinx.util.inventory import InventoryFile

    with (built / "objects.inv").open("rb") as stream:
        kinds = InventoryFile.load(stream, "", lambda base, uri: uri)
    return {
        name: item.uri
        for kind, items in kinds.items()
        if kind.startswith("py:")
        for name, item in items.items()
    }


def public_modules() -> Iterator[tuple[str, ModuleType]]:
    """Import the modules that programs may import, under their public names."""
    package = Path(gevent.__file__).parent
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        name = ".".join(parts)
        if NOT_PUBLIC.match(name):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield name, importlib.import_module(name)
            except ImportError:
                continue  # a library that is not there


def members(kind: type) -> Iterator[str]:
    """Find what a class has of gevent's."""
    for name in dir(kind):
        for base in kind.__mro__:
            if name in vars(base):
                if base.__module__.startswith("gevent") and not name.startswith("_"):
                    yield name
                break


@functools.cache
def public_names() -> frozenset[str]:
    """Return all that the reference has to have."""
    loop = importlib.import_module("gevent._loop.loop").Loop
    found: set[str] = set()
    for module_name, module in public_modules():
        for name in getattr(module, "__all__", ()):
            full = f"{module_name}.{name}"
            found.add(full)
            value = getattr(module, name)
            if not isinstance(value, type) or not value.__module__.startswith("gevent"):
                continue
            names = {*members(value)} - INTERNAL.get(full, set()) - TERMS_OF_EVERYBODY
            if issubclass(value, loop):
                names = set(LOOP.split())
            if full == "gevent.subprocess.Popen":
                names |= set(POPEN.split())
            found |= {f"{full}.{member}" for member in names}
    return frozenset(found)


def test_there_is_much_to_find() -> None:
    assert len(public_names()) > 1500
    for name in ("socket.socket.recv", "pool.Pool.map", "queue.Queue.get"):
        assert f"gevent.{name}" in public_names()


@needs_pages
def test_nothing_public_is_missing(inventory: dict[str, str]) -> None:
    missing = public_names() - set(inventory)
    # The groups of entry points stand in the table of events.
    groups = {name for name in missing if name.endswith(".ENTRY_POINT_NAME")}
    assert sorted(missing - groups) == []


@needs_pages
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("socket.socket.recv", "method"),
        ("pool.Pool.map", "method"),
        ("queue.Queue.get", "method"),
        ("server.StreamServer.serve_forever", "method"),
        ("subprocess.Popen.wait", "method"),
    ],
)
def test_the_index_and_the_search_have_what_is_inherited(
    built: Path, name: str, kind: str
) -> None:
    owner, _, method = name.rpartition(".")
    index = (built / "genindex.html").read_text()
    assert f"(gevent.{owner} {kind})" in index
    assert f"#gevent.{name}" in index
    assert f'"{method}"' in (built / "searchindex.js").read_text()


@needs_pages
def test_rules_for_contributors_stand_on_pages_of_their_own(built: Path) -> None:
    rule = re.compile(r"(?:<li>|<p>)[A-Z]{1,6}\d+ ")
    pages = (built / "reference").glob("*.html")
    assert [page.name for page in pages if rule.search(page.read_text())] == []
    rules = (built / "explanation" / "contributors" / "invariants.html").read_text()
    assert "QUEUE1" in rules


def test_every_example_is_named() -> None:
    page = (TREE / "docs" / "reference" / "examples.md").read_text()
    programs = (TREE / "examples").glob("*.py")
    assert [path.name for path in programs if f"`{path.name}`" not in page] == []


def test_every_setting_is_a_row_of_the_table() -> None:
    assert "```{settings}" in (TREE / "docs" / "reference" / "config.md").read_text()


def test_every_exception_is_on_the_page_of_exceptions() -> None:
    page = (TREE / "docs" / "reference" / "exceptions.md").read_text()
    missing = [
        f"{module_name}.{name}"
        for module_name, module in public_modules()
        for name in getattr(module, "__all__", ())
        if module_name != "gevent.builtins"
        and inspect.isclass(value := getattr(module, name))
        and issubclass(value, BaseException)
        and value.__name__ not in page
        and not issubclass(value, (ConnectionError, *FOREIGN))
    ]
    assert missing == []


# The standard library's, of modules that pass all of its names on.
FOREIGN = (BlockingIOError, TimeoutError, KeyboardInterrupt)
