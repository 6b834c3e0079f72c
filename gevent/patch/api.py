"""For those who patch modules of their own: the home of ``gevent.monkey.api``."""

from __future__ import annotations

from gevent._base.publish import publish
from gevent.patch.attributes import get_original, patch_item, remove_item
from gevent.patch.modules import patch_module

__all__ = ("get_original", "patch_item", "patch_module", "remove_item")

publish(__name__, "gevent.monkey.api")
