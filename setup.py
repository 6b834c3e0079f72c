"""Build the compiled part of gevent; everything declarative is in pyproject.toml.

An extension is every ``.pyx`` below ``gevent/``, and every ``.py`` with a ``.pxd``
of the same name; ``NATIVE`` adds C sources and libraries to some of them. ``CFFI``
lists what CFFI makes from a ``.c`` and ``.cdef.h`` files.

Environment:
    CFLAGS, LDFLAGS: As for every C program; a ``-O`` or ``-g`` in CFLAGS wins.
    LIBEV_CFLAGS, LIBEV_LDFLAGS: How to compile and link with libev when it is not
        where the compiler looks, as ``-I/opt/ev/include``, ``-L/opt/ev/lib -lev``.
    LIBUV_CFLAGS, LIBUV_LDFLAGS: The same for libuv; pkg-config is asked before.
    GEVENT_DEBUG_BUILD: 1 builds with ``-O0 -g`` and all assertions.
    SOURCE_DATE_EPOCH: Seconds since 1970 for all times in the sdist and the wheel: two
        builds then give the same bytes.
"""

from __future__ import annotations

import gzip
import multiprocessing
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError, LinkError

PACKAGE = Path("gevent")
STUBS = Path("typings/gevent")
NATIVE_TIER = PACKAGE / "_native"
EVENT_LIBRARIES = NATIVE_TIER / "library"
GENERATED = Path("build/cython")
GENERATED_BY_CFFI = Path("build/cffi")
JOBS = 2

DEBUG = os.environ.get("GEVENT_DEBUG_BUILD", "") not in ("", "0")


@dataclass(frozen=True)
class Library:
    """A system library: how it is found and what to say when it is not."""

    header: str
    name: str
    variable: str
    advice: str

    @property
    def compile_args(self) -> list[str]:
        """Return what the environment or the platform adds for its header."""
        given = os.environ.get(f"{self.variable}_CFLAGS")
        if given is not None:
            return shlex.split(given)
        return self._from_pkg_config("--cflags") or _brew("-I", "include")

    @property
    def link_args(self) -> list[str]:
        """Return how to link with it."""
        given = os.environ.get(f"{self.variable}_LDFLAGS")
        if given is not None:
            return shlex.split(given)
        found = self._from_pkg_config("--libs")
        return found or [*_brew("-L", "lib"), f"-l{self.name}"]

    def _from_pkg_config(self, option: str) -> list[str]:
        """Ask pkg-config; nothing if it is not there or does not know."""
        program = shutil.which(os.environ.get("PKG_CONFIG", "pkg-config"))
        if program is None:
            return []
        command = [program, option, f"lib{self.name}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return shlex.split(done.stdout) if done.returncode == 0 else []


@dataclass(frozen=True)
class Native:
    """What an extension needs beside its own source."""

    sources: tuple[str, ...] = ()
    library: Library | None = None


LIBEV = Library(
    header="ev.h",
    name="ev",
    variable="LIBEV",
    advice="install it (Debian: apt-get install libev-dev; Fedora: dnf install"
    " libev-devel; macOS: brew install libev), or say where it is with LIBEV_CFLAGS"
    " and LIBEV_LDFLAGS",
)

LIBUV = Library(
    header="uv.h",
    name="uv",
    variable="LIBUV",
    advice="install it (Debian: apt-get install libuv1-dev; Fedora: dnf install"
    " libuv-devel; macOS: brew install libuv), or say where it is with LIBUV_CFLAGS"
    " and LIBUV_LDFLAGS",
)

COMPILER = (
    "gevent is built from source here, which needs a C compiler, and the one that"
    " this Python uses does not work: install it (Debian: apt-get install gcc"
    " libc6-dev; Fedora: dnf install gcc; macOS: xcode-select --install), or say which"
    " with CC"
)
PYTHON_HEADERS = (
    "gevent is built from source here, which needs Python.h, the C headers of this"
    " Python, and cannot find them: install them (Debian: apt-get install"
    " python3-dev; Fedora: dnf install python3-devel)"
)

LIBEV_SHIM = Native(("gevent/_native/library/libev_shim.c",), LIBEV)
LIBUV_SHIM = Native(("gevent/_native/library/libuv_shim.c",), LIBUV)

NATIVE = {
    "gevent._native.library.libev": LIBEV_SHIM,
    "gevent._native.memory.chunks": Native(("gevent/_native/memory/chunk_cache.c",)),
}

# Module -> its shim and the library. Its own C is <library>_cffi.c.
CFFI = {
    "gevent._native.library._libev_cffi": LIBEV_SHIM,
    "gevent._native.library._libuv_cffi": LIBUV_SHIM,
}

# Never the Cython default for annotations: it turns 1.5 passed as `int` into 1.
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,
    # A copy made of C fields would share locks, lists of waiters and loops.
    "auto_pickle": False,
}


def _brew(option: str, kind: str) -> list[str]:
    """Return the folders of Homebrew, which macOS's compiler does not search."""
    prefixes = ("/opt/homebrew", "/usr/local") if sys.platform == "darwin" else ()
    folders = (Path(prefix, kind) for prefix in prefixes)
    return [f"{option}{folder}" for folder in folders if folder.is_dir()]


def _compile_args() -> list[str]:
    """Return our compiler flags; they come last, so they must give way to CFLAGS."""
    given = shlex.split(os.environ.get("CFLAGS", ""))
    args = [
        "-fno-strict-aliasing",
        "-fexceptions",
    ]  # see _native/interpreter/thread_end.h
    if not any(flag.startswith("-O") for flag in given):
        args.append("-O0" if DEBUG else "-O2")
    if not any(flag.startswith("-g") for flag in given):
        args.append("-g" if DEBUG else "-g0")
    return [*args, "-UNDEBUG"] if DEBUG else args


def _module_sources() -> Iterator[tuple[str, Path]]:
    """Yield name and source of every compiled module."""
    for declarations in sorted(PACKAGE.rglob("*.pxd")):
        source = declarations.with_suffix(".py")
        if source.exists() and not source.with_suffix(".pyx").exists():
            yield _module_name(source), source
    for source in sorted(PACKAGE.rglob("*.pyx")):
        yield _module_name(source), source


def _module_name(source: Path) -> str:
    return ".".join(source.with_suffix("").parts)


def _greenlet_include() -> str:
    """Return the folder that makes ``#include <greenlet/greenlet.h>`` work."""
    spec = find_spec("greenlet")
    if spec is None or spec.origin is None:
        raise SystemExit("greenlet is not installed: pip install 'greenlet>=3.2.2'")
    return str(Path(spec.origin).parent.parent)


def _headers() -> list[str]:
    """Return all headers of ours: who includes which is not looked into."""
    return [str(header) for header in NATIVE_TIER.rglob("*.h")]


def _extension(name: str, source: Path) -> Extension:
    native = NATIVE.get(name, Native())
    library = native.library
    return Extension(
        name,
        [str(source), *native.sources],
        depends=_headers(),
        include_dirs=[".", str(NATIVE_TIER), _greenlet_include()],
        define_macros=[] if DEBUG else [("CYTHON_WITHOUT_ASSERTIONS", "1")],
        extra_compile_args=_compile_args() + (library.compile_args if library else []),
        extra_link_args=library.link_args if library else [],
    )


def _cffi_source(name: str) -> Path:
    return EVENT_LIBRARIES / f"{name.rpartition('._')[2]}.c"


def _cffi_extension(name: str, native: Native) -> Extension:
    """Return an extension whose C file CFFI has just written, if it had changed."""
    from cffi import FFI

    source = _cffi_source(name)
    ffi = FFI()
    for cdef in (EVENT_LIBRARIES / "loop_ops.cdef.h", source.with_suffix(".cdef.h")):
        ffi.cdef(cdef.read_text())
    library = native.library
    ffi.set_source(
        name,
        source.read_text(),
        sources=list(native.sources),
        depends=_headers(),
        include_dirs=[str(NATIVE_TIER)],
        extra_compile_args=_compile_args() + (library.compile_args if library else []),
        extra_link_args=library.link_args if library else [],
    )
    # types-cffi names distutils' class; setuptools' own one is made of it.
    return cast("Extension", ffi.distutils_extension(tmpdir=str(GENERATED_BY_CFFI)))


def _extensions() -> list[Extension]:
    """Return the extensions, before Cython has seen them; on PyPy CFFI's only."""
    made = [
        _cffi_extension(name, native)
        for name, native in CFFI.items()
        if _cffi_source(name).exists()
    ]
    if sys.implementation.name == "cpython":
        made += [_extension(name, source) for name, source in _module_sources()]
    return made


def _cythonize(extensions: list[Extension], force: bool) -> dict[str, Extension]:
    from Cython.Build import cythonize
    from Cython.Compiler import Options

    # Warnings of Cython are future crashes. The workers inherit the option by fork.
    Options.warning_errors = True
    multiprocessing.set_start_method("fork", force=True)
    done: list[Extension] = cythonize(  # type: ignore[no-untyped-call]  # not ours
        extensions,
        build_dir=str(GENERATED),
        compiler_directives=DIRECTIVES,
        nthreads=JOBS if len(extensions) > 1 else 0,
        force=force or None,
    )
    return {extension.name: extension for extension in done}


class BuildExtensions(build_ext):
    """Cython to C, C to extensions; both only where something changed."""

    def finalize_options(self) -> None:
        """Compile in parallel unless told otherwise."""
        super().finalize_options()
        if self.parallel is None:
            self.parallel = JOBS

    def run(self) -> None:
        """Translate all modules, then compile them."""
        if self.inplace or self.editable_mode:
            # `pip install -e` has new folders each time: all would be compiled again.
            self.build_lib = f"build/inplace-{sys.implementation.cache_tag}"
            self.build_temp = f"{self.build_lib}-objects"
        conditions = self._conditions()
        force = bool(self.force) or self._built_under() != conditions
        if force:
            self._conditions_file.unlink(missing_ok=True)  # until all is built
        ours = [each for each in self.extensions if each.name not in CFFI]
        translated = _cythonize(ours, force) if ours else {}
        for extension in ours:
            extension.sources = translated[extension.name].sources
            extension.depends = translated[extension.name].depends
        self.force = force
        super().run()
        self._conditions_file.parent.mkdir(parents=True, exist_ok=True)
        self._conditions_file.write_text(conditions)

    def build_extensions(self) -> None:
        """Look for all that is needed first: a clear message beats a compiler's."""
        if self.extensions:
            self._require_compiler()
            self._require_libraries()
        super().build_extensions()

    def _require_compiler(self) -> None:
        include = f"-I{sysconfig.get_path('include')}"
        for header, needed in (("stdlib.h", COMPILER), ("Python.h", PYTHON_HEADERS)):
            if not self._compiles(header, [include], []):
                raise SystemExit(needed)

    def _require_libraries(self) -> None:
        wanted: dict[str, Library] = {}
        for extension in self.extensions:
            native = CFFI.get(extension.name) or NATIVE.get(extension.name, Native())
            if native.library is not None:
                wanted[native.library.name] = native.library
        missing = [
            f"gevent needs lib{library.name} ({library.header}, C header and"
            f" library) and cannot find it: {library.advice}"
            for library in wanted.values()
            if not self._compiles(
                library.header, library.compile_args, library.link_args
            )
        ]
        if missing:
            raise SystemExit("\n".join(missing))

    def _compiles(self, header: str, compiling: list[str], linking: list[str]) -> bool:
        """Whether a program that includes the header can be made."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder, "probe.c")
            probe.write_text(f"#include <{header}>\nint main(void) {{return 0;}}\n")
            try:
                objects = self.compiler.compile(
                    [str(probe)], output_dir=folder, extra_postargs=compiling
                )
                self.compiler.link_executable(
                    objects, str(Path(folder, "probe")), extra_postargs=linking
                )
            except (CompileError, LinkError, OSError):
                return False
        return True

    @property
    def _conditions_file(self) -> Path:
        # Not in build_temp: that is another folder at each `pip install -e`.
        return Path("build", f"conditions-{sys.implementation.cache_tag}")

    def _built_under(self) -> str | None:
        path = self._conditions_file
        return path.read_text() if path.exists() else None

    def _conditions(self) -> str:
        """Describe all that changes every extension and is in no source file."""
        names = ["CC", "CFLAGS", "LDFLAGS"]
        for library in (LIBEV, LIBUV):
            names += [f"{library.variable}_CFLAGS", f"{library.variable}_LDFLAGS"]
        environment = {name: os.environ.get(name) for name in names}
        versions = [version("Cython"), version("cffi")]
        return repr((sys.version, versions, DEBUG, environment, DIRECTIVES))


class BuildPython(build_py):
    """Modules and data files, with the stubs beside the modules they describe."""

    def run(self) -> None:
        """Copy the stubs after the modules, unless the tree itself is installed."""
        super().run()
        if self.editable_mode:
            return
        for stub, target in self._stubs():
            self.mkpath(str(Path(target).parent))
            self.copy_file(stub, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """List the stubs too, for installers that ask."""
        outputs: list[str] = super().get_outputs(include_bytecode)
        return outputs + [target for _, target in self._stubs()]

    def _stubs(self) -> Iterator[tuple[str, str]]:
        """Yield each stub and its place beside the module that it describes."""
        for stub in sorted(STUBS.rglob("*.pyi")):
            yield str(stub), str(Path(self.build_lib, PACKAGE, stub.relative_to(STUBS)))


class SourceDistribution(sdist):
    """An archive that has the same bytes whenever and by whomever it is made."""

    def make_archive(  # type: ignore[override]  # sdist calls it so, with names
        self,
        base_name: str,
        format: str,
        root_dir: str | None = None,
        base_dir: str | None = None,
        owner: str | None = None,
        group: str | None = None,
    ) -> str:
        """Write ``.tar.gz`` ourselves when SOURCE_DATE_EPOCH says of what time."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        if epoch is None or format != "gztar" or root_dir or base_dir is None:
            return super().make_archive(
                base_name, format, root_dir, base_dir, owner, group
            )
        folder = base_dir
        name = f"{base_name}.tar.gz"
        self.mkpath(str(Path(name).parent))
        with (
            Path(name).open("wb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=int(epoch)) as packed,
            tarfile.open(
                fileobj=packed, mode="w", format=tarfile.PAX_FORMAT
            ) as archive,
        ):
            for path in (Path(folder), *sorted(Path(folder).rglob("*"))):
                archive.add(path, recursive=False, filter=_of_nobody(int(epoch)))
        return name


def _of_nobody(epoch: int) -> Callable[[tarfile.TarInfo], tarfile.TarInfo]:
    def filtered(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = epoch
        runs = entry.isdir() or entry.mode & 0o100
        entry.mode = 0o755 if runs else 0o644
        return entry

    return filtered


if sys.platform == "win32":
    raise SystemExit(
        "gevent 26.11 does not support Windows; use WSL, or gevent 26.9 or older"
    )

setup(
    license="MIT",
    license_files=["LICENSE", "licenses/*.txt"],
    ext_modules=_extensions(),
    cmdclass={
        "build_ext": BuildExtensions,
        "build_py": BuildPython,
        "sdist": SourceDistribution,
    },
)
