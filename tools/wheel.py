#!/usr/bin/env python3
"""Make the sdist and the wheel, look into them, and test the wheel: `make wheel`.

    python tools/wheel.py                   all of it; what comes out is in dist/
    python tools/wheel.py build             sdist and repaired wheel, and their contents
    python tools/wheel.py twice             builds twice and compares the bytes
    python tools/wheel.py test [PYTEST...]  the tests, from the wheel, in a bare root
    python tools/wheel.py sdist             what pip says of the sdist in a bare root

Source is the last commit. The wheel carries libev and libuv, the system's ones, put in
by auditwheel. The bare root is a Debian with Python and neither a compiler nor these
libraries, made with debootstrap the first time (needs root, a few minutes, 0.3 GB).
The tests lie there in a folder without the sources, so that no checkout shadows it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
DIST = TREE / "dist"
FOLDER = TREE / "build" / "wheel"
TOOLS = FOLDER / "tools" / "bin"
ROOT = Path(os.environ.get("GEVENT_BARE_ROOT") or FOLDER / "bare")
SUITE = "bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# These compile C, read the tree, or need programs that a bare root has not.
NOT_FROM_A_WHEEL = ("house", "native", "typing", "differential", "peers", "conformance")
# They know no form, and what they show is that of the default one.
FORMLESS = ("docs", "examples")
BESIDE_THE_TESTS = (
    "tests",
    "examples",
    "benchmarks",
    "docs",
    "tools",
    "pyproject.toml",
)
FORMS: dict[str, dict[str, str]] = {
    "default": {},
    "libev-cffi": {"GEVENT_LOOP": "libev-cffi"},
    "libuv-cffi": {"GEVENT_LOOP": "libuv-cffi"},
    "pure": {"GEVENT_PURE_PYTHON": "1"},
}
MAY_BE_IN_A_WHEEL = re.compile(
    r"gevent/.*\.(py|pyi|so)|gevent/py\.typed|gevent\.libs/lib(ev|uv)[-.\w]*\.so[.\d]*"
    r"|gevent-[\d.]+\.dist-info/.*"
)
MUST_BE_IN_A_WHEEL = (
    r"gevent/py\.typed",
    r"gevent/__init__\.pyi",
    r"gevent/_native/scheduling/scheduler\..*\.so",
    r"gevent/_native/library/_libuv_cffi\..*\.so",
    r".*/licenses/LICENSE",
    r".*/licenses/licenses/libev\.txt",
    r".*/licenses/licenses/libuv\.txt",
)


class Failure(Exception):
    """A step that failed; its text says what to do."""


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description="Make, inspect and test packages.")
    parser.add_argument("what", nargs="?", choices=("all", *COMMANDS), default="all")
    options, rest = parser.parse_known_args()
    chosen = COMMANDS if options.what == "all" else {options.what: None}
    if sys.platform != "linux":
        print("wheel: elsewhere than on Linux use cibuildwheel", file=sys.stderr)
        return 2
    try:
        for name in chosen:
            COMMANDS[name](rest)
    except Failure as failure:
        print(f"wheel: {failure}", file=sys.stderr)
        return 1
    return 0


# -- making


def build(_rest: list[str]) -> None:
    """Build into ``dist/`` and look at what came out."""
    _make_tools()
    shutil.rmtree(DIST, ignore_errors=True)
    _build_into(DIST)
    _inspect_sdist(_only(DIST, "*.tar.gz"))
    _inspect_wheel(_only(DIST, "*.whl"))
    _run(str(TOOLS / "twine"), "check", "--strict", *map(str, DIST.iterdir()))
    for path in sorted(DIST.iterdir()):
        print(f"{path.relative_to(TREE)}: {path.stat().st_size:,} bytes")


def twice(rest: list[str]) -> None:
    """Build once more, in another folder; the same bytes must come out."""
    if not DIST.exists():
        build(rest)
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        _build_into(again)
        for path in sorted(DIST.iterdir()):
            if _digest(path) != _digest(again / path.name):
                raise Failure(
                    f"{path.name} differs from build to build: compare with diffoscope"
                )
            print(f"{path.name}: the same bytes twice, sha256 {_digest(path)}")


def _make_tools() -> None:
    wanted = _group("release")
    stamp = FOLDER / "tools.stamp"
    if stamp.exists() and stamp.read_text() == repr(wanted):
        return
    venv.create(FOLDER / "tools", with_pip=True, clear=True)
    _run(str(TOOLS / "pip"), "install", "--quiet", *wanted)
    stamp.write_text(repr(wanted))


def _group(name: str) -> list[str]:
    groups = tomllib.loads((TREE / "pyproject.toml").read_text())["dependency-groups"]
    wanted: list[str] = groups[name]
    return wanted


def _build_into(folder: Path) -> None:
    """Build sdist and repaired wheel from a clone of the last commit."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        clone, raw = Path(temporary, "clone"), Path(temporary, "raw")
        _run("git", "clone", "--quiet", str(TREE), str(clone))
        command = (str(TOOLS / "python"), "-m", "build", "--outdir", str(raw))
        _run(*command, str(clone), environment=_build_environment())
        shutil.copy(_only(raw, "*.tar.gz"), folder)
        _run(
            *(str(TOOLS / "auditwheel"), "repair", "--wheel-dir", str(folder)),
            str(_only(raw, "*.whl")),
            environment=_build_environment(),
        )


def _build_environment() -> dict[str, str]:
    time = os.environ.get("SOURCE_DATE_EPOCH") or _run(
        "git", "-C", str(TREE), "log", "-1", "--format=%ct"
    )
    return {
        "SOURCE_DATE_EPOCH": time.strip(),
        "LDFLAGS": f"{os.environ.get('LDFLAGS', '')} -Wl,--strip-all".strip(),
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",  # patchelf
    }


# -- looking


def _inspect_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    listed = _run("git", "-C", str(TREE), "ls-files", "gevent", "typings", "licenses")
    missing = set(listed.split()) - names
    if missing:
        raise Failure(f"{sdist.name} lacks {sorted(missing)}: see MANIFEST.in")
    unknown = [
        name
        for name in names
        if name.startswith("gevent/")
        and Path(name).suffix
        and name not in listed.split()
    ]
    if unknown:
        raise Failure(f"{sdist.name} has what is not in the tree: {sorted(unknown)}")


def _inspect_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(n for n in names if n.endswith("/METADATA")))
    names = [name for name in names if not name.endswith("/")]  # folders
    strange = [name for name in names if not MAY_BE_IN_A_WHEEL.fullmatch(name)]
    if strange:
        raise Failure(f"{wheel.name} should not have {strange}")
    for pattern in MUST_BE_IN_A_WHEEL:
        if not any(re.fullmatch(pattern, name) for name in names):
            raise Failure(f"{wheel.name} lacks {pattern}")
    carried = [name for name in names if name.startswith("gevent.libs/")]
    if len(carried) != 2:
        raise Failure(f"{wheel.name} should carry libev and libuv, and has {carried}")
    if b"\nProject-URL:" not in metadata:
        print("wheel: pyproject.toml has no [project.urls] yet: no release without")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        for library in Path(folder).rglob("*.so*"):
            if ".symtab" in _run("readelf", "--sections", "--wide", str(library)):
                raise Failure(f"{library.name} of {wheel.name} is not stripped")


# -- testing, in the bare root


def test(rest: list[str]) -> None:
    """Install the wheel where no compiler and no library is, and run the tests."""
    wheel = _only(DIST, "*.whl")
    root = _bare_root()
    with _ground(wheel) as ground:
        packages = [*_group("wheel-test"), f"/src/{wheel.name}"]
        _in_root(root, ground, "python3", "-m", "venv", "--clear", "/venv")
        install = ("/venv/bin/pip", "install", "--quiet", "--only-binary", ":all:")
        _in_root(root, ground, *install, *packages)
        failed = []
        for form, environment in FORMS.items():
            left_out = (*NOT_FROM_A_WHEEL, *(FORMLESS if environment else ()))
            ignored = [f"--ignore=tests/{name}" for name in left_out]
            run = ("/venv/bin/python", "-m", "pytest", "-q", *ignored)
            print(f"wheel: {wheel.name}, {form}:", flush=True)
            if _in_root_shown(root, ground, environment, *run, *(rest or ["tests"])):
                failed.append(form)
    if failed:
        raise Failure(f"tests from the wheel failed: {', '.join(failed)}")


def sdist(_rest: list[str]) -> None:
    """Install the sdist where something is missing; pip must say what."""
    archive = _only(DIST, "*.tar.gz")
    root = _bare_root()
    with _ground(archive) as ground:
        _in_root(root, ground, "python3", "-m", "venv", "--clear", "/venv")
        told = _in_root(
            *(root, ground, "/venv/bin/pip", "install", f"/src/{archive.name}"),
            may_fail=True,
        )
    if "which needs a C compiler" not in told:
        raise Failure(f"pip does not say that the compiler is missing:\n{told[-3000:]}")
    print(f"{archive.name}: pip names what is missing")


@contextmanager
def _ground(package: Path) -> Iterator[Path]:
    """Yield a folder with the package, the tests, and nothing of the sources."""
    with tempfile.TemporaryDirectory() as temporary:
        clone, ground = Path(temporary, "clone"), Path(temporary, "ground")
        ground.mkdir()
        _run("git", "clone", "--quiet", str(TREE), str(clone))
        for name in BESIDE_THE_TESTS:
            shutil.move(clone / name, ground / name)
        shutil.copy(package, ground)
        yield ground


def _bare_root() -> Path:
    if (ROOT / ".complete").exists():
        return ROOT
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise Failure(
            "a bare root needs root and debootstrap (apt-get install debootstrap)"
        )
    # Beside this script; there only for those who make roots.
    from matrix import _mirror  # type: ignore[import-not-found]  # see above

    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.parent.mkdir(parents=True, exist_ok=True)
    # No check of signatures: this machine may not have the keys of another Debian.
    options = ("--no-check-gpg", "--variant=minbase", f"--include={PACKAGES}")
    _run("debootstrap", *options, SUITE, str(ROOT), _mirror())
    for path in ("/etc/resolv.conf", "/etc/hosts", CERTIFICATES):
        shutil.copy(path, f"{ROOT}{path}")
    (ROOT / "src").mkdir(exist_ok=True)
    (ROOT / ".complete").touch()
    return ROOT


def _rooted(root: Path, folder: Path, command: Iterable[str]) -> list[str]:
    # A mount namespace of its own: nothing stays mounted afterwards.
    script = (
        'mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev"'
        ' && mount --bind "$1" "$0/src" && shift'
        ' && exec chroot "$0" sh -c \'cd /src && exec "$@"\' sh "$@"'
    )
    return [
        *("unshare", "--mount", "sh", "-c", script, str(root), str(folder)),
        *command,
    ]


def _root_environment() -> dict[str, str]:
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PIP_CERT": CERTIFICATES,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }


def _in_root(root: Path, folder: Path, *command: str, may_fail: bool = False) -> str:
    done = subprocess.run(
        _rooted(root, folder, command),
        env=_root_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    if (done.returncode != 0) != may_fail:
        raise Failure(f"`{' '.join(command)}`: {done.returncode}:\n{told[-3000:]}")
    return told


def _in_root_shown(
    root: Path, folder: Path, environment: dict[str, str], *command: str
) -> int:
    return subprocess.run(
        _rooted(root, folder, command),
        env=_root_environment() | environment,
        check=False,
    ).returncode


# -- small things


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern)) if folder.exists() else []
    if len(found) != 1:
        raise Failure(f"one {pattern} expected in {folder}, there are {len(found)}")
    return found[0]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(*command: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise Failure(f"`{' '.join(command)}` failed ({done.returncode}):\n{told}")
    return done.stdout


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "build": build,
    "twice": twice,
    "sdist": sdist,
    "test": test,
}


if __name__ == "__main__":
    sys.exit(main())
