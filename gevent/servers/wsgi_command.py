"""``python -m gevent.pywsgi MODULE:CALLABLE``: serve an application."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

from gevent.servers.pywsgi import WSGIServer

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Serve what the command line names until SIGTERM or SIGINT; return the status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("app", help="the WSGI application, as MODULE:CALLABLE")
    parser.add_argument(
        "-b", "--bind", default=":8080", help="the address; by default %(default)s"
    )
    options = parser.parse_args()
    try:
        application = application_of(options.app)
    except LookupError as error:
        parser.error(error.args[0])
    # What it takes, nobody knows.
    WSGIServer(options.bind, application).serve_forever(  # type: ignore[arg-type, unused-ignore]
        handle_signals=True
    )
    return 0


def application_of(text: str) -> Callable[..., object]:
    """Return the application that MODULE:CALLABLE names.

    Raises:
        LookupError: There is none.
    """
    module_name, _, name = text.partition(":")
    if not module_name or not name:
        raise LookupError(f"expected MODULE:CALLABLE, not {text!r}")
    try:
        found: object = import_module(module_name)
    except ModuleNotFoundError as error:
        # Not the one that is named: a traceback says more.
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise LookupError(f"there is no module {error.name!r}") from None
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise LookupError(f"{module_name!r} has no {name!r}") from None
    if not callable(found):
        raise LookupError(f"{text!r} is no application: it cannot be called")
    return found
