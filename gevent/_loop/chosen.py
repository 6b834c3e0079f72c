"""The module of the loop that ``config.loop`` names: the home of ``gevent.core``.

What is in it depends on the event library; names are looked up there, not copied.
"""

from __future__ import annotations

import sys

from gevent._base.config import config
from gevent._base.publish import publish

_module = sys.modules[config.loop.__module__]

# What it is depends on the library; typings/ says what they have in common.
__all__ = tuple(_module.__all__)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    return getattr(_module, name)


def __dir__() -> list[str]:
    return sorted(set(dir(_module)))


publish(__name__, "gevent.core")
