"""The set-up of a fresh machine says what is missing, and does nothing twice."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TREE = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    path = TREE / "tools" / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bootstrap", module)  # dataclasses look there
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path)
    return module


@pytest.fixture
def without_libev(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(bootstrap, "_compiles", lambda header, *_: header != "ev.h")
    return bootstrap


def test_a_complete_machine_installs_nothing(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(names: list[str]) -> str:
        raise AssertionError(names)

    monkeypatch.setattr(bootstrap, "_compiles", lambda *_: True)
    monkeypatch.setattr(bootstrap, "_install_packages", install)
    bootstrap._system_packages(sanitize=False)


def test_only_what_is_missing_is_installed(
    without_libev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []

    def install(names: list[str]) -> str:
        installed.extend(names)
        monkeypatch.setattr(without_libev, "_compiles", lambda *_: True)
        return ""

    monkeypatch.setattr(without_libev, "_install_packages", install)
    without_libev._system_packages(sanitize=False)
    assert installed == ["libev-dev"]


@pytest.mark.parametrize(
    ("have", "reason"),
    [
        (set(), "there is no apt-get here"),
        ({"apt-get"}, "that takes root or sudo"),
    ],
)
def test_a_library_that_cannot_be_installed_is_named(
    without_libev: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    have: set[str],
    reason: str,
) -> None:
    monkeypatch.setattr(
        without_libev.shutil,
        "which",
        lambda name: name if name in have | {"cc"} else None,
    )
    monkeypatch.setattr(without_libev.os, "geteuid", lambda: 1000)
    with pytest.raises(without_libev.Failure) as failure:
        without_libev._system_packages(sanitize=False)
    text = str(failure.value)
    assert "libev: Debian package libev-dev" in text
    assert "LIBEV_CFLAGS" in text
    assert "libuv1-dev" not in text
    assert reason in text


def test_sudo_never_waits_for_a_password_without_a_terminal(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.sys, "stdin", None)
    assert bootstrap._as_root() == ["/usr/bin/sudo", "-n"]


def test_pypy_compiles_what_needs_cmake(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names() -> list[str]:
        return [package.debian for package in bootstrap._wanted_packages(False)]

    monkeypatch.setattr(bootstrap, "IS_PYPY", False)
    assert "cmake" not in names()
    monkeypatch.setattr(bootstrap, "IS_PYPY", True)
    assert {"cmake", "pypy3-dev", "pypy3-venv"} <= set(names())


def test_an_old_python_is_refused(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))
    with pytest.raises(bootstrap.Failure, match=r"needs Python 4\.0 or newer"):
        bootstrap._require_python()


def test_an_environment_of_another_python_is_not_replaced_silently(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(bootstrap, "_run", lambda command: None)
    bootstrap._virtual_environment()
    assert "replacing" not in capsys.readouterr().out
    (tmp_path / "pyvenv.cfg").write_text(
        "home = /opt/bin\nversion = 3.99.1\nexecutable = /opt/bin/python3.99\n"
    )
    (tmp_path / "stamp-venv").write_text("of another one")
    bootstrap._virtual_environment()
    told = capsys.readouterr().out
    assert "replacing .venv" in told
    assert "/opt/bin/python3.99, Python 3.99.1" in told
    assert f"making .venv with {sys.executable}" in told


def test_an_environment_of_this_python_stays(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(bootstrap, "_run", lambda command: None)
    bootstrap._virtual_environment()
    (tmp_path / "python").touch()
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "python")
    capsys.readouterr()
    bootstrap._virtual_environment()
    assert not capsys.readouterr().out


def test_a_stamp_holds_until_something_changes(bootstrap: ModuleType) -> None:
    stamp = bootstrap._Stamp("x", "one", "two")
    assert not stamp.holds()
    stamp.set()
    assert bootstrap._Stamp("x", "one", "two").holds()
    assert not bootstrap._Stamp("x", "one", "three").holds()


def test_a_failed_command_shows_its_output(bootstrap: ModuleType) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    with pytest.raises(bootstrap.Failure, match="no such thing"):
        bootstrap._run(command)
