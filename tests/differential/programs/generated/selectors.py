"""Generated programs about ``gevent.selectors``."""

from __future__ import annotations

from differential import each, limit
from signatures import calls, run

MODULE = "gevent.selectors"
TWIN = "selectors"


@limit(2)
@each(*calls(MODULE))
def call(case, expression):
    run(case, MODULE, expression)
