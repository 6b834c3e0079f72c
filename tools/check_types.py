#!/usr/bin/env python3
"""Run every type check: the homes, then the stubs and the typing tests.

    python tools/check_types.py             all that needs nothing from elsewhere
    python tools/check_types.py typeshed    against `types-gevent`, which it installs

The homes are checked as a folder. The stubs in `typings/` stand for modules of the same
package, so they are checked where users' checkers see them: copied beside the modules,
in `build/typed`. stubtest compares that with what the built modules have at run time.
The typing tests are checked there for each version of Python, and once more in an
environment of its own, `build/typed-user`, that has gevent from a wheel: what a user
gets, with no configuration of this tree. That wheel has no compiled modules, because
checkers do not see them and compiling takes minutes; all else is made by `setup.py`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
CACHES = TREE / "build"
TYPED = CACHES / "typed"
USER = CACHES / "typed-user"
CONFIG = TREE / "pyproject.toml"
# Which no machine of the tests has; pyproject.toml names the oldest.
OTHER_VERSIONS = ("3.12",)
# What users run: the typing tests hold for each.
LATER_VERSIONS = ("3.12", "3.13", "3.14", "3.15")
# What the comparison with typeshed's stubs needs.
TYPESHED = (
    "types-gevent==26.9.*",
    "mypy",
    "cffi",
    "dnspython",
    "greenlet",
    "psutil",
    "pycares",
    "zope.event",
    "zope.interface",
)
# Where other modules, and other classes, are behind the public names.
FORMS = {"libuv": "GEVENT_LOOP=libuv-cffi", "pure": "GEVENT_PURE_PYTHON=1"}
# What users should not see of where a class is, but of those: what the hooks of servers
# get is there for servers; `_config` is the name that the setting's class has.
PRIVATE_PATH = re.compile(
    r"\bgevent\.(?:_\w+|net|patch|servers|simulation|sync)(?:\.\w+)+"
)
SHOWN_ALL_THE_SAME = {
    "gevent._config.Config",
    "gevent._native.http.head.HeadError",
    "gevent.servers.http.connection.Connection",
    "gevent.servers.http.http2.service.Http2",
}


def main() -> int:
    """Run all checks, also after one has failed; return the exit status."""
    if sys.argv[1:]:
        parts = {
            "complete": _complete,
            "shown": _look_at_shown,
            "typeshed": _compare_with_typeshed,
        }
        return parts[sys.argv[1]]()
    failed = [
        name
        for name, command, folder in _commands()
        if not _passes(name, command, folder)
    ]
    if failed:
        print(f"types: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _commands() -> list[tuple[str, list[str], Path]]:
    mypy = [_tool("mypy"), "--config-file", str(CONFIG)]
    tools = [str(path) for path in (TREE / "tools").glob("*.py")]  # not its stubs
    homes = ["gevent", "setup.py", "tests/house", *tools]
    commands = [
        ("mypy, homes", [*mypy, *homes], TREE),
        *(
            (f"mypy, homes, {version}", [*mypy, *_as_on(version), *homes], TREE)
            for version in OTHER_VERSIONS
        ),
        ("pyright, homes", [_tool("pyright")], TREE),
    ]
    if _typed_tree():
        names = ["gevent"]
        if any((TYPED / "typing_tests").rglob("*.py")):
            names.append("typing_tests")
        packages = [part for name in names for part in ("-p", name)]
        cache = ["--cache-dir", str(CACHES / "mypy-typed")]
        commands += [
            ("mypy, stubs", [*mypy, *cache, *packages], TYPED),
            ("mypy, what is shown", _shown(cache), TYPED),
            ("pyright, stubs", [_tool("pyright"), "-p", str(TYPED)], TYPED),
            ("pyright, complete", [sys.executable, __file__, "complete"], TREE),
            ("stubtest", _stubtest(), TREE),
            *(
                (f"stubtest, {form}", _stubtest_form(form, setting), TREE)
                for form, setting in FORMS.items()
            ),
            *_as_user(),
        ]
        for version in LATER_VERSIONS:
            as_on = ["--python-version", version]
            as_on += ["--cache-dir", str(CACHES / f"mypy-typed-{version}")]
            pyright = [_tool("pyright"), "-p", str(TYPED), "--pythonversion", version]
            commands += [
                (f"mypy, stubs, {version}", [*mypy, *as_on, *packages], TYPED),
                (f"pyright, stubs, {version}", pyright, TYPED),
            ]
    return commands


def _as_on(version: str) -> list[str]:
    """Return the options that check for another version of Python."""
    return ["--python-version", version, "--cache-dir", str(CACHES / f"mypy-{version}")]


def _as_user() -> list[tuple[str, list[str], Path]]:
    """Check the examples and the typing tests with gevent from a wheel."""
    shutil.rmtree(USER, ignore_errors=True)
    venv.create(USER / "venv", symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(USER / "venv")}))
    with zipfile.ZipFile(_make_wheel()) as wheel:
        wheel.extractall(site)
    # What gevent requires, one of its extras, and what examples use besides.
    for name in (
        "greenlet-stubs",
        "typing_extensions.py",
        "dns",
        "psycopg",
        "psycopg_pool",
    ):
        _copy(Path(sysconfig.get_path("purelib"), name), site / name)
    programs = sorted(path.name for path in (TREE / "examples").glob("*.py"))
    programs.remove("demo.py")  # shows something; nobody copies it
    for name in programs:
        shutil.copy(TREE / "examples" / name, USER)
    _copy(TYPED / "typing_tests", USER / "typing_tests")
    settings = {"include": programs, "typeCheckingMode": "strict"}
    (USER / "pyrightconfig.json").write_text(json.dumps(settings))
    (USER / "typing_tests.json").write_text(
        _PYRIGHT.replace('"../..", "venv": ".venv"', '".", "venv": "venv"')
    )
    python = str(USER / "venv" / "bin" / "python")
    mypy = [_tool("mypy"), "--python-executable", python]
    mypy += ["--cache-dir", str(CACHES / "mypy-user")]
    pyright = [_tool("pyright"), "--pythonpath", python]
    strict = ["--strict", "--config-file", "", *programs]
    tests = ["--config-file", str(CONFIG), "-p", "typing_tests"]
    return [
        ("mypy, user", [*mypy, *strict], USER),
        ("pyright, user", pyright, USER),
        ("mypy, wheel", [*mypy, *tests], USER),
        ("pyright, wheel", [*pyright, "-p", "typing_tests.json"], USER),
    ]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy(source, target)


def _make_wheel() -> Path:
    """Build the wheel without compiled modules, and without touching `build/lib`."""
    folder = CACHES / "typed-wheel"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "setup.cfg").write_text(_WHEEL.format(folder))
    command = [sys.executable, "-W", "ignore", "setup.py", "-q"]
    done = subprocess.run(
        [*command, "build_py", "bdist_wheel"],
        cwd=TREE,
        env={**os.environ, "DIST_EXTRA_CONFIG": str(folder / "setup.cfg")},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"types: no wheel\n{done.stdout}{done.stderr}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def _shown(cache: list[str]) -> list[str]:
    return [sys.executable, __file__, "shown", *cache]


def _look_at_shown() -> int:
    """Ask mypy what every public name is, and look for private modules in it."""
    program = TYPED / "shown.py"
    subprocess.run(
        [sys.executable, str(TREE / "tools" / "shown_types.py"), str(program)],
        cwd=TREE,
        check=True,
    )
    options = ["--config-file", str(CONFIG), *sys.argv[2:], program.name]
    done = subprocess.run(
        [_tool("mypy"), *options], cwd=TYPED, capture_output=True, text=True
    )
    program.unlink()
    shown = [line for line in done.stdout.splitlines() if "Revealed type" in line]
    wrong = [
        line for line in shown if set(PRIVATE_PATH.findall(line)) - SHOWN_ALL_THE_SAME
    ]
    print("\n".join(wrong) or f"{len(shown)} names", flush=True)
    return 1 if wrong or len(shown) < 1000 else 0


def _complete() -> int:
    """Ask pyright whether the types of the package are known, as its user would."""
    packages = sysconfig.get_path("purelib")
    done = subprocess.run(
        [_tool("pyright"), "--verifytypes", "gevent", "--ignoreexternal"],
        cwd=CACHES,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TYPED), packages])},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^Type completeness score: .*$", done.stdout, re.MULTILINE)
    print("\n".join(found) if done.returncode == 0 else done.stdout, flush=True)
    return done.returncode


def _stubtest(package: str = "gevent") -> list[str]:
    """Compare the stubs, and homes without one, with the modules of this tree."""
    # Without --ignore-missing-stub: a public name that no stub has is an error.
    options: tuple[str, ...] = ("--concise",)
    lists = ["stubtest_allowlist.txt"]
    if hasattr(socket, "AF_BLUETOOTH"):
        lists.append("stubtest_bluetooth_allowlist.txt")
    allowed = [f"--allowlist={TREE / 'typings' / name}" for name in lists]
    config = ("--mypy-config-file", str(TYPED / "stubtest.ini"))
    if sys.version_info >= (3, 12):
        # An entry may be about the oldest one only, where all of them are needed.
        options = (*options, "--ignore-unused-allowlist")
    return [
        sys.executable,
        "-m",
        "mypy.stubtest",
        package,
        *options,
        *allowed,
        *config,
    ]


def _stubtest_form(form: str, setting: str) -> list[str]:
    """Compare the stubs with another form of the modules."""
    more = TREE / "typings" / f"stubtest_{form}_allowlist.txt"
    options = [f"--allowlist={more}", "--ignore-unused-allowlist"]
    return ["env", setting, *_stubtest(), *options]


def _compare_with_typeshed() -> int:
    """Compare the modules with the stubs that others wrote, `types-gevent`.

    They stand for gevent 26.9; where that is another by intent, or the stubs do not
    say what it is, `typings/types_gevent_allowlist.txt` has the reason.
    """
    home = CACHES / "types-gevent"
    python = str(home / "bin" / "python")
    if not (home / "bin").is_dir():
        # Not beside the other tools: it comes before the stubs of this tree.
        venv.create(home, with_pip=True, symlinks=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *TYPESHED], check=True)
        site = sysconfig.get_path("purelib", vars={"base": str(home)})
        Path(site, "tree.pth").write_text(f"{TREE}\n")
    options = ["--concise", "--ignore-missing-stub", "--ignore-unused-allowlist"]
    allowed = TREE / "typings" / "types_gevent_allowlist.txt"
    command = [python, "-m", "mypy.stubtest", "gevent", *options]
    return subprocess.run([*command, f"--allowlist={allowed}"], cwd=home).returncode


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _passes(name: str, command: list[str], folder: Path) -> bool:
    print(f"types: {name}", flush=True)
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def _typed_tree() -> bool:
    """Make the package as users see it; False if there are no stubs."""
    shutil.rmtree(TYPED, ignore_errors=True)
    if not any((TREE / "typings").rglob("*.pyi")):
        return False
    sources = shutil.ignore_patterns(
        "*.so", "*.c", "*.h", "*.pyx", "*.pxd", "__pycache__"
    )
    shutil.copytree(TREE / "gevent", TYPED / "gevent", ignore=sources)
    shutil.copytree(TREE / "typings" / "gevent", TYPED / "gevent", dirs_exist_ok=True)
    tests = TREE / "tests" / "typing"
    if tests.is_dir():
        shutil.copytree(tests, TYPED / "typing_tests", ignore=sources)
    (TYPED / "pyrightconfig.json").write_text(_PYRIGHT)
    (TYPED / "stubtest.ini").write_text(_STUBTEST.format(TYPED, TREE / "tools/stubs"))
    return True


# Only the tests: pyright follows their imports into the stubs, as it does for users.
# A comment that nothing is wrong with says that something is: what must be refused.
_PYRIGHT = """\
{
    "include": ["typing_tests"], "pythonVersion": "3.11", "extraPaths": ["."],
    "venvPath": "../..", "venv": ".venv",
    "typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": true,
    "reportMissingModuleSource": false, "reportUnusedExpression": false,
    "reportUnusedFunction": false, "reportPrivateUsage": false
}
"""
_WHEEL = """\
[build]
build_lib = {0}/lib
[egg_info]
egg_base = {0}
[bdist_wheel]
bdist_dir = {0}/tree
dist_dir = {0}
skip_build = 1
"""
# Not the tree's own configuration: that would find the homes before the stubs.
_STUBTEST = "[mypy]\nmypy_path = {}:{}\nexplicit_package_bases = True\n"


if __name__ == "__main__":
    raise SystemExit(main())
