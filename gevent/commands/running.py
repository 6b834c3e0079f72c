"""``python -m gevent run MODULE:CALLABLE``: the entry of a program."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from gevent.sync.runner import run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ("NoProgram", "add_arguments", "run_program")


class NoProgram(LookupError):
    """The text names nothing that can be called."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "program", metavar="MODULE:CALLABLE", help="what is called, without arguments"
    )
    parser.add_argument(
        "arguments",
        nargs="...",
        metavar="ARGUMENT",
        help="what the program finds in sys.argv",
    )
    parser.add_argument(
        "--drain-timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="for servers to answer what has come (default: 10)",
    )
    parser.add_argument(
        "--cleanup-timeout",
        type=float,
        default=None,
        metavar="SECONDS",
        help="for what is cancelled (default: GEVENT_CLEANUP_TIMEOUT, or 5)",
    )


def run_program(options: argparse.Namespace) -> int:
    """Run what the command line names; return the exit status.

    It is what the callable returned, if that is a number, and 0 otherwise.

    Raises:
        NoProgram: There is no such thing.
        BaseException: What it raised.
    """
    sys.argv = [options.program, *options.arguments]
    result = run(
        program_of(options.program),
        drain_timeout=options.drain_timeout,
        cleanup_timeout=options.cleanup_timeout,
    )
    return result if isinstance(result, int) else 0


def program_of(text: str) -> Callable[[], object]:
    """Return what MODULE:CALLABLE names.

    Raises:
        NoProgram: There is no such thing.
    """
    module_name, _, name = text.partition(":")
    if not module_name or not name:
        raise NoProgram(f"expected MODULE:CALLABLE, not {text!r}")
    try:
        found: object = import_module(module_name)
    except ModuleNotFoundError as error:
        # Not the one that is named: a traceback says more.
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise NoProgram(f"there is no module {error.name!r}") from None
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise NoProgram(f"{module_name!r} has no {name!r}") from None
    if not callable(found):
        raise NoProgram(f"{text!r} cannot be called")
    return found
