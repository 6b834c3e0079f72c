#!/usr/bin/env python3
"""Build, install and test gevent on every interpreter, each in a root of its own.

    python3 tools/matrix.py                      all of them: `make matrix`
    python3 tools/matrix.py 3.14 pypy3.11        these only
    python3 tools/matrix.py 3.14 -- make demo    another command than `make test`
    python3 tools/matrix.py --list               what there is

Needs root (debootstrap, mount namespaces, chroot), and for each Debian suite a minute
and 0.6 GB, once. What is tested is a clone of the last commit, so nothing of this
tree's build gets in. Roots and clones are kept in ``build/matrix``
(``GEVENT_MATRIX_DIR``).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("GEVENT_MATRIX_DIR") or TREE / "build" / "matrix")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# What `make test` needs, so that it does not have to install it each time.
COMMON = "gcc g++ libc6-dev make git pkg-config libev-dev libuv1-dev ca-certificates"
TOOLS = "procps openssl"
SUITES = {
    "trixie": "python3 python3-venv python3-dev",
    "forky": (
        "python3.14 python3.14-venv python3.14-dev"
        " python3.15 python3.15-venv python3.15-dev pypy3 pypy3-dev pypy3-venv"
        " cmake"  # builds pycares, which has no wheels for PyPy
    ),
}
DEFAULT_MIRROR = "http://deb.debian.org/debian"

# How the last line of a pytest run reads, once per run of the suite.
SUMMARY = re.compile(r"=+ (.*(?:passed|failed|error).* in [0-9.:() sh]+) =+")


@dataclass(frozen=True)
class Interpreter:
    """An interpreter, and the Debian suite that has it; no suite: this machine."""

    name: str
    command: str
    suite: str | None


INTERPRETERS = (
    Interpreter("3.11", "python3.11", None),
    Interpreter("3.13", "python3.13", "trixie"),
    Interpreter("3.14", "python3.14", "forky"),
    Interpreter("3.15", "python3.15", "forky"),
    Interpreter("pypy3.11", "pypy3", "forky"),
)


class Failure(Exception):
    """A step that failed; its text says what to do."""


def main() -> int:
    """Run the command on each interpreter and print what came out."""
    options = _options()
    if options.list:
        for each in INTERPRETERS:
            print(f"{each.name:10}{each.command:12}{each.suite or 'this machine'}")
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        codes = [_try(each, options.command) for each in _chosen(options.names)]
    except Failure as failure:
        print(f"matrix: {failure}", file=sys.stderr)
        return 2
    return int(any(codes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Test on every interpreter.")
    parser.add_argument("--list", action="store_true", help="show the interpreters")
    parser.add_argument("names", nargs="*", help="which ones; all by default")
    given = sys.argv[1:]
    command = ["make", "test"]
    if "--" in given:
        at = given.index("--")
        given, command = given[:at], given[at + 1 :]
    options = parser.parse_args(given)
    options.command = command
    return options


def _chosen(names: list[str]) -> list[Interpreter]:
    known = {each.name: each for each in INTERPRETERS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"no such interpreter: {unknown}; there are {list(known)}")
    return [known[name] for name in names] or list(INTERPRETERS)


def _try(interpreter: Interpreter, command: list[str]) -> int:
    """Run the command in a fresh clone; print the outcome and where its log is."""
    clone = FOLDER / f"src-{interpreter.name}"
    log = FOLDER / f"{interpreter.name}.log"
    _update_clone(clone)
    with log.open("w") as stream:
        code = subprocess.run(
            _in_root(interpreter, clone, command),
            cwd=clone,
            env=_environment(interpreter),
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    print(f"{interpreter.name}: {'passed' if code == 0 else f'failed ({code})'}; {log}")
    for summary in SUMMARY.findall(log.read_text()):
        print(f"    {summary}")
    return code


def _update_clone(clone: Path) -> None:
    """Bring the clone to the last commit, and keep its .venv and its build."""
    if not clone.exists():
        _run("git", "clone", "--quiet", str(TREE), str(clone))
        return
    _run("git", "-C", str(clone), "fetch", "--quiet", "origin", "HEAD")
    _run("git", "-C", str(clone), "reset", "--quiet", "--hard", "FETCH_HEAD")


def _environment(interpreter: Interpreter) -> dict[str, str]:
    """Return this one's, without what is about this machine when that is another."""
    ours = dict(os.environ, PYTHON=interpreter.command)
    if interpreter.suite is not None:
        ours.pop("PIP_FIND_LINKS", None)
        ours.update(
            HOME="/root", PIP_CONFIG_FILE=os.devnull, PIP_CERT=str(CERTIFICATES)
        )
    return ours


def _in_root(interpreter: Interpreter, clone: Path, command: list[str]) -> list[str]:
    """Return the command line that runs *command* where the interpreter is."""
    if interpreter.suite is None:
        return command
    root = _root(interpreter.suite)
    # A mount namespace of its own: nothing stays mounted afterwards.
    script = (
        'mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev"'
        ' && mount --bind "$1" "$0/src" && shift'
        ' && exec chroot "$0" sh -c \'cd /src && exec "$@"\' sh "$@"'
    )
    return [
        *("unshare", "--mount", "sh", "-c", script, str(root), str(clone)),
        *command,
    ]


def _root(suite: str) -> Path:
    """Return the root of a Debian suite; made with debootstrap the first time."""
    root = FOLDER / suite
    if (root / ".complete").exists():
        return root
    if os.geteuid() != 0:
        raise Failure("debootstrap and chroot need root: run `make matrix` as root")
    if shutil.which("debootstrap") is None:
        _run("apt-get", "install", "-y", "-qq", "debootstrap")
    shutil.rmtree(root, ignore_errors=True)
    scripts = Path("/usr/share/debootstrap/scripts")
    if not (scripts / suite).exists():
        (scripts / suite).symlink_to("sid")  # this one's debootstrap is older
    packages = ",".join(f"{SUITES[suite]} {COMMON} {TOOLS}".split())
    # No check of signatures: this machine may not have the keys of a newer Debian.
    _run(
        *("debootstrap", "--no-check-gpg", "--variant=minbase"),
        *(f"--include={packages}", suite, str(root), _mirror()),
    )
    for path in ("/etc/resolv.conf", "/etc/hosts", str(CERTIFICATES)):
        shutil.copy(path, f"{root}{path}")
    (root / "src").mkdir(exist_ok=True)
    (root / ".complete").touch()
    return root


def _mirror() -> str:
    """Return the Debian mirror that this machine uses."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    if sources.exists():
        found = re.search(r"^URIs:\s*(\S+)", sources.read_text(), re.MULTILINE)
        if found:
            return found[1]
    plain = Path("/etc/apt/sources.list")
    if plain.exists():
        found = re.search(
            r"^deb\s+(?:\[.*?\]\s+)?(\S+)", plain.read_text(), re.MULTILINE
        )
        if found:
            return found[1]
    return DEFAULT_MIRROR


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise Failure(f"`{' '.join(command)}` failed ({done.returncode}):\n{told}")


if __name__ == "__main__":
    sys.exit(main())
