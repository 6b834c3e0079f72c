"""Says what to do where the interpreter lacks what gevent cannot do without."""

from __future__ import annotations

__all__ = ("demand_greenlet",)


def demand_greenlet() -> None:
    """Refuse to go on without the greenlet package, as in a clone just made.

    Raises:
        ImportError: There is none for this interpreter.
    """
    try:
        __import__("greenlet")
    except ModuleNotFoundError as error:
        if error.name != "greenlet":
            raise
    else:
        return
    raise ImportError(
        "gevent needs the greenlet package, which this interpreter does not have:"
        " in a clone of gevent run `make build` and use .venv/bin/python; elsewhere"
        " install gevent with pip",
        name="greenlet",
    )
