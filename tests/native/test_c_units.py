"""Compiles the C units with their tests and runs each test in its own process."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SHARED = HERE / "shim_tests.h"
NATIVE = HERE.parent.parent / "gevent" / "_native"
WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Werror")
LIMIT = 60  # seconds; the programs end themselves after 20

BUILDS = {
    "plain": ("-O2", "-g"),
    "sanitized": (
        "-O1",
        "-g",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    ),
}


@dataclass(frozen=True)
class Unit:
    """A C file (or header) of the package and what its test is linked with."""

    name: str
    cflags: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def program(self) -> Path:
        return HERE / f"{self.stem}_test.c"

    @property
    def sources(self) -> tuple[str, ...]:
        unit = NATIVE / f"{self.name}.c"
        return (str(self.program), *([str(unit)] if unit.exists() else []))

    def text(self) -> str:
        """The program, with the tests that it shares with others."""
        text = self.program.read_text()
        return SHARED.read_text() + text if SHARED.name in text else text

    def tests(self) -> list[str]:
        return re.findall(r"^    TEST\((\w+)\),(?: *\\)?$", self.text(), re.M)


def _flags(variable: str, default: str = "") -> tuple[str, ...]:
    return tuple(shlex.split(os.environ.get(variable, default)))


def _shim(library: str, link: str) -> Unit:
    variable = library.upper()
    flags, libraries = _flags(f"{variable}_CFLAGS"), _flags(f"{variable}_LDFLAGS", link)
    return Unit(f"library/{library}_shim", flags, libraries)


UNITS = {
    unit.name: unit
    for unit in (
        Unit(
            "library/libev_shim",
            _flags("LIBEV_CFLAGS"),
            _flags("LIBEV_LDFLAGS", "-lev"),
        ),
        Unit(
            "library/libuv_shim",
            _flags("LIBUV_CFLAGS"),
            _flags("LIBUV_LDFLAGS", "-luv"),
        ),
        Unit("memory/chunk_cache"),
        Unit("library/spin"),
    )
}


def compile_program(command: tuple[str, ...]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Programs:
    """The test programs, each compiled at its first use."""

    def __init__(self, folder: Path, compiler: str) -> None:
        self._folder = folder
        self._compiler = compiler
        self._made: dict[tuple[str, str], Path] = {}

    def get(self, unit: Unit, build: str) -> Path:
        key = (unit.name, build)
        if key not in self._made:
            self._made[key] = self._compile(unit, build)
        return self._made[key]

    def _compile(self, unit: Unit, build: str) -> Path:
        program = self._folder / f"{unit.stem}-{build}"
        options = (*WARNINGS, *BUILDS[build], *unit.cflags, f"-I{NATIVE}")
        libraries = (*unit.libraries, "-lm", "-lpthread")
        compile_program(
            (self._compiler, *options, *unit.sources, *libraries, "-o", str(program))
        )
        return program


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    return Programs(tmp_path_factory.mktemp("c_units"), compiler)


CASES = [(name, test) for name, unit in UNITS.items() for test in unit.tests()]


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize(("unit", "test"), CASES)
def test_c_unit(programs: Programs, unit: str, test: str, build: str) -> None:
    program = programs.get(UNITS[unit], build)
    done = subprocess.run(
        [str(program), test],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_every_c_test_is_in_its_table(unit: str) -> None:
    defined = re.findall(r"^(test_\w+)\(void\)$", UNITS[unit].text(), re.M)
    assert sorted(defined) == sorted(UNITS[unit].tests())
