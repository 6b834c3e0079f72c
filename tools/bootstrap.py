#!/usr/bin/env python3
"""Make this tree ready to run: system libraries, ``.venv``, extensions in place.

    python3 tools/bootstrap.py build              what `make demo` and `make test` need
    python3 tools/bootstrap.py build --sanitize   with valgrind
    python3 tools/bootstrap.py docs               the virtual environment, with Sphinx
    python3 tools/bootstrap.py tools              the virtual environment alone

Runs under the system's Python, with the standard library only. Each step leaves a stamp
(a hash of what it depends on), so that the second run only compares stamps.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

TREE = Path(__file__).resolve().parent.parent
VENV = TREE / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = TREE / "build" / "build.log"
OLDEST = (3, 11)
IS_PYPY = sys.implementation.name == "pypy"

# All that decides how extensions come out and is in no source file.
BUILD_VARIABLES = (
    "CC",
    "CFLAGS",
    "LDFLAGS",
    "LIBEV_CFLAGS",
    "LIBEV_LDFLAGS",
    "LIBUV_CFLAGS",
    "LIBUV_LDFLAGS",
    "GEVENT_DEBUG_BUILD",
)


class Project(TypedDict):
    """What pyproject.toml says should be installed."""

    build: list[str]
    run: list[str]
    groups: dict[str, list[str]]
    table: str


@dataclass(frozen=True)
class SystemPackage:
    """Something that only the system's package manager can install."""

    debian: str
    what: str
    present: Callable[[], bool]
    variable: str = ""


class Failure(Exception):
    """A step that failed; its text tells the user what to do."""


def main() -> int:
    """Run the steps that the command line asks for."""
    options = _options()
    try:
        _require_python()
        _system_packages(options.sanitize)
        project = _project()
        _virtual_environment()
        _tools(project, "dev")
        if not IS_PYPY:
            _tools(project, "checks")
        if options.what == "docs":
            _tools(project, "docs")
        if options.what != "tools":
            _extensions()
            _editable_install(project)
    except Failure as failure:
        print(f"bootstrap: {failure}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make this tree ready to run.")
    parser.add_argument("what", choices=("build", "docs", "tools"))
    parser.add_argument("--sanitize", action="store_true", help="valgrind too")
    return parser.parse_args()


def _require_python() -> None:
    if sys.version_info < OLDEST:
        raise Failure(
            f"gevent needs Python {'.'.join(map(str, OLDEST))} or newer, and"
            f" {sys.executable} is {sys.version.split()[0]}; name another one with"
            " `make PYTHON=...`"
        )


# -- system packages


def _wanted_packages(sanitize: bool) -> list[SystemPackage]:
    python = "pypy3" if IS_PYPY else "python{}.{}".format(*sys.version_info)
    include = Path(sysconfig.get_path("include"))
    packages = [
        SystemPackage("gcc", "a C compiler", lambda: shutil.which("cc") is not None),
        SystemPackage("libc6-dev", "the C headers", lambda: _compiles("stdio.h")),
        SystemPackage(
            f"{python}-dev", "Python.h", lambda: (include / "Python.h").exists()
        ),
        SystemPackage(
            f"{python}-venv",
            "the venv module",
            lambda: find_spec("ensurepip") is not None,
        ),
        SystemPackage(
            "libev-dev",
            "libev",
            lambda: _compiles("ev.h", "LIBEV_CFLAGS"),
            "LIBEV_CFLAGS",
        ),
        SystemPackage(
            "libuv1-dev",
            "libuv",
            lambda: _compiles("uv.h", "LIBUV_CFLAGS"),
            "LIBUV_CFLAGS",
        ),
    ]
    if IS_PYPY:
        packages.append(
            # There is no pycares for PyPy that is built already.
            SystemPackage(
                "cmake", "CMake, for pycares", lambda: shutil.which("cmake") is not None
            )
        )
    if sanitize:
        packages.append(
            SystemPackage(
                "valgrind", "valgrind", lambda: shutil.which("valgrind") is not None
            )
        )
    return packages


def _compiles(header: str, variable: str = "") -> bool:
    """Tell whether the C compiler finds *header*."""
    flags = shlex.split(os.environ.get(variable, ""))
    command = ["cc", *flags, "-fsyntax-only", "-include", header, "-x", "c", os.devnull]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _system_packages(sanitize: bool) -> None:
    wanted = _wanted_packages(sanitize)
    missing = [package for package in wanted if not package.present()]
    if not missing:
        return
    reason = _install_packages([package.debian for package in missing])
    still = [package for package in missing if not package.present()]
    if still:
        raise Failure(_missing_message(still, reason))


def _install_packages(names: list[str]) -> str:
    """Install Debian packages; return why that failed, or an empty text."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "there is no apt-get here"
    prefix = _as_root()
    if prefix is None:
        return "that takes root or sudo"
    _say(f"installing {' '.join(names)} with apt-get")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt_get = [*prefix, *environment, apt, "-qq", "-o", "Acquire::Retries=3"]
    for command in (
        [*apt_get, "update"],
        [*apt_get, "install", "-y", "--no-install-recommends", *names],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr or done.stdout).strip()
    return ""


def _as_root() -> list[str] | None:
    """Return what to put before a command to run it as root; None if nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    # Without a terminal nobody can type the password: fail instead of waiting.
    return [sudo] if sys.stdin is not None and sys.stdin.isatty() else [sudo, "-n"]


def _missing_message(missing: list[SystemPackage], reason: str) -> str:
    lines = ["these are missing and could not be installed:"]
    for package in missing:
        other = f", or say where it is with {package.variable}" * bool(package.variable)
        lines.append(f"  {package.what}: Debian package {package.debian}{other}")
    names = " ".join(package.debian for package in missing)
    lines.append(f"install them, for example with: sudo apt-get install {names}")
    if reason:
        lines.append(f"the automatic installation failed: {reason}")
    return "\n".join(lines)


# -- the virtual environment


def _project() -> Project:
    import tomllib  # not in a Python that is too old, which has its own message

    data = tomllib.loads((TREE / "pyproject.toml").read_text())
    return Project(
        build=data["build-system"]["requires"],
        run=data["project"]["dependencies"],
        groups=data["dependency-groups"],
        table=repr(data["project"]) + repr(data["tool"]["setuptools"]),
    )


def _virtual_environment() -> None:
    stamp = _Stamp("venv", sys.version, str(VENV), sys.base_prefix)
    if PYTHON.exists() and stamp.holds():
        return
    old = _interpreter_of(VENV)
    if old:
        _say(f"replacing .venv, with all that is in it: it is of {old}")
    _say(f"making .venv with {sys.executable}, Python {sys.version.split()[0]}")
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    stamp.set()


def _interpreter_of(venv: Path) -> str:
    """Say which Python a virtual environment is of; empty: there is none."""
    try:
        lines = (venv / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return ""
    pairs = (line.partition("=")[::2] for line in lines)
    found = {key.strip(): value.strip() for key, value in pairs}
    version = found.get("version", "of some version")
    return (
        f"{found.get('executable', found.get('home', 'somewhere'))}, Python {version}"
    )


def _tools(project: Project, group: str) -> None:
    requirements = [*project["build"], *project["run"], *project["groups"][group]]
    stamp = _Stamp(f"tools-{group}", *requirements)
    if stamp.holds():
        return
    with _Timed(f"installing the {group} tools into .venv"):
        # What is built for this interpreter, rather than newer and to be compiled.
        options = ("-q", "--prefer-binary")
        _run([str(PYTHON), "-m", "pip", "install", *options, *requirements])
    stamp.set()


def _editable_install(project: Project) -> None:
    """Register the tree as the distribution gevent, so that its metadata is there."""
    stamp = _Stamp("metadata", project["table"])
    if stamp.holds():
        return
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--no-deps"]
    with _Timed("registering the tree in .venv"):
        _run([*pip, "--no-build-isolation", "-e", str(TREE)])
    stamp.set()


# -- the extensions


def _extensions() -> None:
    if _build_stamp().holds():
        return
    LOG.parent.mkdir(exist_ok=True)
    with _Timed("building the extensions"), LOG.open("w") as log:
        command = [str(PYTHON), "setup.py", "build_ext", "--inplace"]
        failed = subprocess.run(
            command, cwd=TREE, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode
    if failed:
        raise Failure(f"the build failed (build/build.log):\n{_tail(LOG)}")
    # Computed again: it covers the extensions, which did not exist before.
    _build_stamp().set()


def _build_stamp() -> _Stamp:
    environment = [f"{name}={os.environ.get(name)}" for name in BUILD_VARIABLES]
    sources = [_content(path) for path in [TREE / "setup.py", *_compiled_sources()]]
    built = [f"{path} {path.stat().st_mtime_ns}" for path in _below("gevent", {".so"})]
    return _Stamp("extensions", sys.version, *environment, *sources, *built)


def _compiled_sources() -> Iterable[Path]:
    for path in _below("gevent", {".c", ".h", ".pxd", ".py", ".pyx"}):
        if path.suffix != ".py" or path.with_suffix(".pxd").exists():
            yield path


def _below(folder: str, suffixes: set[str]) -> list[Path]:
    found = (path for path in (TREE / folder).rglob("*") if path.suffix in suffixes)
    return sorted(found)


def _content(path: Path) -> str:
    return f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}"


# -- helping the steps


class _Stamp:
    """The hash of what a step depended on when it last succeeded.

    Lives in ``.venv``: whoever deletes that starts again from nothing.
    """

    def __init__(self, name: str, *parts: str) -> None:
        self._path = VENV / f"stamp-{name}"
        self._hash = hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def holds(self) -> bool:
        """Tell whether nothing has changed since."""
        return self._path.exists() and self._path.read_text() == self._hash

    def set(self) -> None:
        """Note the success of the step."""
        self._path.write_text(self._hash)


class _Timed:
    """Says what is going on, and at the end how long it took."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        _say(f"{self._what} ...")
        self._start = time.monotonic()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            _say(f"{self._what}: {time.monotonic() - self._start:.1f} s")


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd=TREE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        text = (done.stdout + done.stderr).strip()
        raise Failure(f"{shlex.join(command)} failed:\n{text}")


def _tail(path: Path, n_lines: int = 60) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-n_lines:])


def _say(text: str) -> None:
    print(f"[bootstrap] {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
