"""A message that comes in pieces."""

from __future__ import annotations

from io import BytesIO, StringIO


class Accumulation:
    """The pieces of a message so far, in one buffer: they may be as small as one octet.

    Args:
        kind: str or bytes.
    """

    __slots__ = ("_buffer",)

    def __init__(self, kind: type[str | bytes]):
        self._buffer: StringIO | BytesIO = (
            StringIO(newline="") if kind is str else BytesIO()
        )

    def add(self, piece: str | bytes) -> None:
        """Take the next piece."""
        self._buffer.write(piece)  # type: ignore[arg-type]  # of its kind

    def with_last(self, piece: str | bytes) -> str | bytes:
        """Return the message, *piece* being its end."""
        self.add(piece)
        return self._buffer.getvalue()
