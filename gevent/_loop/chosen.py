"""The module of the loop that is configured: the home of ``gevent.core``.

Deprecated: programs use the loop of their hub. Which loop that is may be chosen until
the first use, so every name is looked up when it is asked for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gevent._base.config import config
from gevent._base.publish import publish

if TYPE_CHECKING:
    from types import ModuleType


def _chosen() -> ModuleType:
    """Return the module that defines ``config.loop``."""
    return sys.modules[config.loop.__module__]


def __getattr__(name: str) -> object:
    """Return what the chosen module has under that name."""
    # What the import system asks for is this module's own affair.
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(_chosen(), name)
    return found


def __dir__() -> list[str]:
    return dir(_chosen())


publish(__name__, "gevent.core")
