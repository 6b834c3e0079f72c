"""Generated programs about ``gevent.ssl``."""

from __future__ import annotations

from differential import each, limit
from signatures import calls, run

MODULE = "gevent.ssl"
TWIN = "ssl"


@limit(2)
@each(*calls(MODULE))
def call(case, expression):
    run(case, MODULE, expression)
