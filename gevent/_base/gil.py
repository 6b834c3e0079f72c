"""Keeps gevent from running in an interpreter whose GIL is off, unless asked to.

Much of what gevent promises to native threads is one step because the GIL makes it one
(``docs/explanation/free-threading.md``). Loaded into a free-threaded interpreter, the
compiled modules would turn the GIL on for the whole process; that is the program's
choice to make.
"""

from __future__ import annotations

import os
import sys

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("VARIABLE", "demand_gil")

VARIABLE = "GEVENT_FREE_THREADING"
_NO = ("", "0", "false", "off", "no")


def demand_gil() -> None:
    """Refuse to go on without the GIL.

    A statement of the package in front of all that is compiled; read here and not in
    the configuration, because nothing can be assigned there before.

    Raises:
        ImportError: The GIL is off, and the environment does not ask for that.
    """
    # Interpreters that can do without have this function (CPython 3.13).
    is_enabled: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    if is_enabled is None or is_enabled():
        return
    if os.environ.get(VARIABLE, "").strip().lower() in _NO:
        raise ImportError(
            "gevent needs the GIL, which is off in this interpreter: start Python with"
            f" PYTHON_GIL=1 or -X gil=1, or try it without by {VARIABLE}=1",
            name="gevent",
        )
    # Imported here for its cost: others do not need it.
    import warnings

    warnings.warn(
        "gevent is not made for running without the GIL: objects that several native"
        " threads use may break. The interpreter turns the GIL on when it loads"
        " gevent's compiled modules, unless PYTHON_GIL=0 forbids it",
        RuntimeWarning,
        stacklevel=3,
    )
