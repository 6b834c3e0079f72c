"""Generated programs about ``gevent.monkey``."""

from __future__ import annotations

from differential import each, limit
from signatures import calls, run

MODULE = "gevent.monkey"


@limit(2)
@each(*calls(MODULE))
def call(case, expression):
    run(case, MODULE, expression)
