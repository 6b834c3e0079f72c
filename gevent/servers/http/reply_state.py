"""How far a reply is, on every path that makes one.

Its life::

    UNSENT --start_response--> SET --the first block, or the end--> SENT --> ENDED
    SET --start_response--> SET

In UNSENT and SET an error is answered with 500. In SENT the connection is cut, or the
stream reset, so that the client sees that the reply is incomplete.
"""

from __future__ import annotations

from typing import Final

UNSENT: Final = 0
SET: Final = 1
SENT: Final = 2
ENDED: Final = 3
