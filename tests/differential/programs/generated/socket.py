"""Generated programs about ``gevent.socket``."""

from __future__ import annotations

from differential import each, limit
from signatures import calls, run

MODULE = "gevent.socket"
TWIN = "socket"


@limit(2)
@each(*calls(MODULE))
def call(case, expression):
    run(case, MODULE, expression)
