"""Octets that are taken from the front of a bytearray; the twin of ``taking.pyx``.

Contract is there.
"""

from __future__ import annotations

from io import BytesIO

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    class ReceivesInto(Protocol):
        """A connection."""

        buffer: bytearray

        def receive_into(self, view: memoryview, /) -> int:
            """Wait until some octets are in the view; return how many; 0: the end."""


# Octets. So many are received at a time.
_SLAB = 262144
# Octets. From here on a view costs less than copying twice.
_LARGE = 16384


class Takes:
    """What takes octets from the front of a buffer."""

    __slots__ = ()

    def taken(self, buffer: bytearray, n: int) -> bytes:
        """Take the first *n* octets, or all if there are not as many."""
        if n < _LARGE:
            data = bytes(buffer[:n])
        else:
            with memoryview(buffer) as view, view[:n] as part:
                data = bytes(part)
        del buffer[:n]
        return data

    def received(self, source: ReceivesInto, n: int) -> bytes:
        """Take *n* octets, or all to the end of the stream, without a way round."""
        out = BytesIO()
        slab = bytearray(min(n, _SLAB))
        try:
            while True:
                n -= out.write(self.taken(source.buffer, n))
                if n == 0:
                    break
                with memoryview(slab) as whole, whole[:n] as view:
                    got = source.receive_into(view)  # switches
                    if not 0 <= got <= len(view):
                        raise ValueError(
                            f"a source received {got} octets into less room"
                        )
                    if not got:
                        break
                    with view[:got] as part:
                        n -= out.write(part)
        except BaseException:
            source.buffer[:0] = out.getvalue()
            raise
        return out.getvalue()

    def taken_line(self, buffer: bytearray, limit: int) -> bytes | None:
        """Take the first line, or *limit* octets of it; None if it is not complete."""
        is_cut = 0 <= limit <= len(buffer)
        end = buffer.find(b"\n", 0, limit if is_cut else len(buffer)) + 1
        if end:
            return self.taken(buffer, end)
        return self.taken(buffer, limit) if is_cut else None
