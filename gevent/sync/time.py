"""``time``, with a ``sleep`` that lets other greenlets run."""

from __future__ import annotations

from gevent._base.mirror import mirror
from gevent._base.publish import publish
from gevent._hub.hub import sleep as sleep

mirror("time", globals(), implements=("sleep",), export_imports=True)

publish(__name__, "gevent.time")
