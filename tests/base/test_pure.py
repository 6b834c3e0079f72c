"""The finder that prefers sources to extensions."""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a module that has a source and a (broken) extension."""
    folder = tmp_path / "path" / "pack"
    (folder / "sub").mkdir(parents=True)
    (folder / "bare").mkdir()
    for file in ("__init__.py", "sub/__init__.py", "both.py", "sub/deep.py"):
        (folder / file).write_text("source = True\n")
    for file in ("both", "sub/deep", "only"):
        (folder / f"{file}{EXTENSION_SUFFIXES[0]}").write_text("no library")
    (folder / "bare" / "plain.py").write_text("source = True\n")
    return folder.parent


INSTALL = """
import sys
from gevent._base.pure import SourceFinder
sys.meta_path.insert(0, SourceFinder("pack."))
"""


def test_extension_comes_first_by_itself(
    check: Callable[..., str], package: Path
) -> None:
    check(
        "try: import pack.both\nexcept ImportError: pass\nelse: raise AssertionError",
        path=[package],
    )


def test_finder_takes_the_source(check: Callable[..., str], package: Path) -> None:
    check(
        f"{INSTALL}\nimport pack.both, pack.sub.deep\n"
        "assert pack.both.source and pack.sub.deep.source\n"
        "assert pack.both.__file__.endswith('both.py')\n",
        path=[package],
    )


def test_extension_without_source_is_found(
    check: Callable[..., str], package: Path
) -> None:
    check(
        f"{INSTALL}\nfrom importlib.machinery import ExtensionFileLoader\n"
        "from importlib.util import find_spec\n"
        "assert isinstance(find_spec('pack.only').loader, ExtensionFileLoader)\n",
        path=[package],
    )


def test_other_packages_and_namespaces_are_left_alone(
    check: Callable[..., str], package: Path
) -> None:
    check(
        f"{INSTALL}\nfinder = sys.meta_path[0]\n"
        "assert finder.find_spec('pack', None) is None\n"
        "assert finder.find_spec('packer.both', ['.']) is None\n"
        "import pack.bare.plain\nassert pack.bare.plain.source\n",
        path=[package],
    )


def test_source_written_later_is_found(
    check: Callable[..., str], package: Path
) -> None:
    check(
        f"{INSTALL}\nimport importlib, pack.both, os\n"
        "with open(os.path.join(pack.__path__[0], 'later.py'), 'w') as file:\n"
        "    file.write('source = True')\n"
        "importlib.invalidate_caches()\n"
        "import pack.later\nassert pack.later.source\n",
        path=[package],
    )


@pytest.mark.parametrize(
    ("variable", "value", "finders"),
    [
        ("PURE_PYTHON", "1", 1),
        ("GEVENT_PURE_PYTHON", "1", 1),
        ("GEVENT_PURE_PYTHON", "gevent.queue,gevent.hub", 1),
        ("GEVENT_PURE_PYTHON", "", 0),
        ("UNRELATED", "1", 0),
    ],
)
def test_finder_is_installed_once_and_only_on_demand(
    check: Callable[..., str], variable: str, value: str, finders: int
) -> None:
    check(
        "import sys\n"
        "from gevent._base.pure import SourceFinder, install_if_requested, requested\n"
        "install_if_requested(); install_if_requested()\n"
        "found = [f for f in sys.meta_path if isinstance(f, SourceFinder)]\n"
        f"assert len(found) == {finders} == requested()\n"
        f"assert sys.meta_path[:{finders}] == found\n",
        **{variable: value},
    )


def test_home_keeps_its_name_under_the_finder(check: Callable[..., str]) -> None:
    check(
        "from gevent._base.pure import install_if_requested\n"
        "install_if_requested()\n"
        "import gevent._config, gevent.exceptions, gevent._base.exceptions as home\n"
        "assert gevent.exceptions is home\n",
        PURE_PYTHON="1",
    )
