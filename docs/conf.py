"""Sphinx configuration."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TREE = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]

sys.path.insert(0, str(TREE / "docs" / "_ext"))

# Docstrings come from the pure form, where every signature can be read.
os.environ["GEVENT_PURE_PYTHON"] = "1"

project = "gevent"
author = "the gevent founders"
copyright = "2026, the gevent founders"
release = version = PROJECT["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "pictures",
    "fragments",
    "reference",
]
exclude_patterns = ["_build", "_ext", "snippets"]
nitpicky = True
default_role = "any"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
# Of all classes but these: what everybody knows, or nobody needs.
autodoc_default_options = {
    "inherited-members": "object, BaseException, greenlet, RawIOBase, dict, Interface"
}
napoleon_custom_sections = ["Blocking", "Cancellation", "Thread safety"]

# Names in signatures and docstrings that no page here describes.
_ELSEWHERE = (
    r"opentelemetry\..*|MeterProvider|TracerProvider",
    r"prometheus_client\..*|CollectorRegistry",
    # the standard library and other packages: their indexes are on the network
    r"(collections|dns|enum|io|queue|socket|sys|types|weakref|zope)\..*",
    r"(greenlet\.|raw_)?greenlet",
    r"(Frame|Module|Traceback)Type|ReadableBuffer|_RetAddress|Backend",
    r"(gevent\.net\.ssl\.)?_AnySocket|_[RWX]|\*_Ts|WriteableBuffer|FileDescriptorLike",
    r"StrOrBytesPath|SSLSession|SSL(Want(Read|Write))?Error|(selectors\.)?SelectorKey",
    r"Connection|Message",
    r"(ssl\.)?(TLSVersion|Options|Purpose|VerifyFlags|VerifyMode)",
    r"os\.PathLike|_ssl\.SSLSession",
    # names that annotations get at run time
    r"gevent\._base\.annotations\._[A-Z]|(typing\.)?~_P",
    r"gevent\.greenlet\.SpawnedLink|gevent\._hub\.wait\.Wait(able|Iterator)",
    r"gevent\._hub\.spawn_tree\.SpawningFrame",
    r"gevent\.servers\.http\.connection\.Connection",
    r"gevent\.sync\.threads\.executor\.ExecutorFuture",
    # type aliases and protocols, which only checkers read
    r"StackSummary|gevent\._hub\.hub_frame\.RunsLoops",
    r"(gevent\.(_hub\.helpers|hub)\.)?Helper|Throwable|Handler|Latency|Waitable|Seconds|Host|Port|Address|Entry",
    r"(gevent\._native\.scheduling\.scheduler\.)?HubLike",
    r"gevent_socket|struct_rusage|Job|Readable|Refusal|Logger|Threads|HostEntry|Call|_Text|_Callback|_P(\.args|\.kwargs)?|_D|_E|(gevent\.sync\.\w+\.)?_T",
    # classes that users meet but never name
    r"(gevent\._loop\.watchers\.)?(Armable|child|io|timer|signal|stat|idle|prepare)",
    r"(gevent\._loop\.watchers\.)?(check|fork|async_)",
    r"(gevent\._native\.scheduling\.scheduler\.)?callback",
    r"SwitchHook|PeriodicMonitoringThread|SpawnedLink|SpawningFrame|WaitIterator|Library",
    r"gevent\._base\.emission",
    # of homes, in signatures of what is inherited
    r"gevent\._native\.(http\.head\.HeadError|library\.backend\.Backend)",
    r"gevent\._native\.io\.socket\.(base\.BaseSocket|send\.Unset)|posix\.waitid_result",
    r"gevent\.fileobject\.ClosedIO|gevent\._loop\.children\.Children",
    # the standard library's, under the names by which it passes them on
    r"TimeoutExpired|CalledProcessError",
    r"gevent\.sync\.queue_locks\.Queue(Mutex|Condition)",
    r"gevent\.servers\.http\.headers\.OldMessage",
    # what a thread pool is made of
    r"deque|AnyTask|ExecutorFuture|ExcInfo",
    # what a file object's lock may be
    r"(gevent\.fileobject\.)?Lock",
    # a result whose description has a colon, which napoleon takes for a type
    r"A callback object",
)
nitpick_ignore_regex = [("py:.*", f"^({name})$") for name in _ELSEWHERE]

html_theme = "furo"
pygments_dark_style = "github-dark"  # no underlined imports
html_title = f"gevent {release}"
html_static_path = ["_static"]
html_css_files = ["house.css"]


def keep_colons(
    app: object, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Break a property's first line at its colon.

    Napoleon takes what stands before a colon there for a type.
    """
    if what in {"property", "attribute"} and lines and ": " in lines[0]:
        before, _, after = lines[0].partition(": ")
        lines[:1] = [f"{before}:", after]


def is_native(
    app: object, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Leave out what the compiled form has as a C method, so that nobody sees it."""
    code = getattr(obj, "__code__", None)
    if code is None:
        return None
    declarations = Path(code.co_filename).with_suffix(".pxd")
    if not declarations.exists():
        return None
    pattern = rf"^\s+cdef [^=#\n]*\b{re.escape(name)}\("
    return True if re.search(pattern, declarations.read_text(), re.M) else None


def setup(app: Sphinx) -> None:
    """Connect both; the first one comes before napoleon, which has 500."""
    app.connect("autodoc-process-docstring", keep_colons, priority=400)
    app.connect("autodoc-skip-member", is_native)
