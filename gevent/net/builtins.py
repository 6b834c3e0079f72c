"""The names of ``builtins``: the home of ``gevent.builtins``, which is deprecated.

Nothing is replaced; programs written for Python 2 import the module.
"""

from __future__ import annotations

import builtins

from gevent._base.mirror import mirror, public_names
from gevent._base.publish import publish

__target__ = "builtins"

mirror(
    "builtins",
    globals(),
    implements=(),
    imports=public_names("builtins"),
    export_imports=True,
)

# Python 2's was replaced.
__import__ = builtins.__import__

publish(__name__, "gevent.builtins")
