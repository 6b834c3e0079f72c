"""Generated programs about ``gevent.queue``."""

from __future__ import annotations

from differential import each, limit
from signatures import calls, run

MODULE = "gevent.queue"
TWIN = "queue"


@limit(2)
@each(*calls(MODULE))
def call(case, expression):
    run(case, MODULE, expression)
