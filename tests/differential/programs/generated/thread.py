"""Generated programs about ``gevent.thread``."""

from __future__ import annotations

from differential import each, limit
from signatures import calls, run

MODULE = "gevent.thread"
TWIN = "_thread"


@limit(2)
@each(*calls(MODULE))
def call(case, expression):
    run(case, MODULE, expression)
