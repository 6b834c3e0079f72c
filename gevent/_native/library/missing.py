"""Says why a compiled module cannot be imported, and what to do about it."""

from __future__ import annotations

import os
import re
import sys
from importlib.machinery import EXTENSION_SUFFIXES

__all__ = ("explain",)

_PURE_VARIABLES = ("GEVENT_PURE_PYTHON", "PURE_PYTHON")
_FOLDER = os.path.dirname(__file__)


def explain(name: str, error: ImportError | None = None, folder: str = _FOLDER) -> str:
    """Return the text of an ImportError.

    Args:
        name: Full name of the module.
        error: What importing the extension raised; None: its plain twin was found.
        folder: Where the extensions of this folder are.
    """
    if error is not None and _root_cause(error) != name:
        return _explain_loading(name, error)
    root = os.path.abspath(os.path.join(folder, *3 * (os.pardir,)))
    extensions = [entry for entry in os.listdir(folder) if entry.endswith(".so")]
    if not extensions:
        return (
            f"gevent in {root} is not built: run `make build`"
            " there and use .venv/bin/python; or install it with"
            " `pip install .`, and start Python in another folder than this one"
        )
    if not any(_suffix(entry) in EXTENSION_SUFFIXES for entry in extensions):
        return (
            f"gevent in {root} is built for another Python"
            f" ({extensions[0]}): run `make build PYTHON={sys.executable}` there"
        )
    if error is None and any(os.environ.get(each) for each in _PURE_VARIABLES):
        return (
            f"{name} is not there in the pure form: unset GEVENT_PURE_PYTHON and"
            " PURE_PYTHON, or choose a CFFI loop with GEVENT_LOOP"
        )
    return f"{name} was not built: build gevent anew, or choose another GEVENT_LOOP"


def _suffix(entry: str) -> str:
    return entry[entry.index(".") :]


def _root_cause(error: ImportError) -> str | None:
    """Return the name of the module that is not there, if that is what is wrong."""
    return error.name if isinstance(error, ModuleNotFoundError) else None


def _explain_loading(name: str, error: ImportError) -> str:
    if _root_cause(error) in ("cffi", "_cffi_backend"):
        return (
            f"{name} cannot be loaded ({error}): install cffi, which CFFI loops need"
            " (pip install 'gevent[recommended]'), or choose another GEVENT_LOOP"
        )
    # As the dynamic linker of Linux says it, then as that of macOS.
    library = re.match(r"(\S+): cannot open shared object", str(error)) or re.search(
        r"Library not loaded: (\S+)", str(error)
    )
    if library is not None:
        return (
            f"{name} needs the shared library {library[1]}, which is not there: install"
            " it, or choose another GEVENT_LOOP"
        )
    return f"{name} cannot be loaded: {error}"
