"""How the client learns where the body of a reply ends.

========  ==============================================================
framing   the body ends
========  ==============================================================
NO_BODY   with the head: HEAD, 1xx, 204, 304
LENGTH    after as many octets as ``Content-Length`` says
CHUNKED   with the last chunk (HTTP/1.1)
CLOSE     when the connection is closed (HTTP/1.0)
========  ==============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gevent.servers.http.files import FileWrapper

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_BODY = 0
LENGTH = 1
CHUNKED = 2
CLOSE = 3


def has_no_body(code: int, is_head: bool) -> bool:
    """Whether a reply with that status, to HEAD or not, has no body at all."""
    return is_head or code < 200 or code in (204, 304)


def length_of(result: object) -> int:
    """Return the octets of an application's result, -1 if only iterating would tell.

    Raises:
        TypeError: A block is not bytes.
    """
    if type(result) is list or type(result) is tuple:
        return _sum(cast("Sequence[bytes]", result))
    if type(result) is FileWrapper:
        part = result.part()
        return -1 if part is None else part.size
    return -1


def _sum(blocks: Sequence[bytes]) -> int:
    total = 0
    for block in blocks:
        total += len(block) if type(block) is bytes else size_of(block)
    return total


def size_of(block: object) -> int:
    """Return the octets of a block of a body.

    Raises:
        TypeError: It is none.
    """
    if isinstance(block, bytes):
        return len(block)
    if isinstance(block, (bytearray, memoryview)):
        return memoryview(cast("bytearray", block)).nbytes
    if block == "":
        return 0  # gevent-websocket has its head sent that way
    raise TypeError(f"a block of the body must be bytes, not {block!r}")
