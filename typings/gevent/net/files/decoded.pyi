import io
from typing import Self, TypeAlias, final

__all__ = ("TextStream",)

_Buffer: TypeAlias = io.BufferedReader | io.BufferedRWPair

@final
class Decoded:
    newline: str | None
    has_read: bool
    def __init__(
        self,
        buffer: _Buffer,
        encoding: str,
        errors: str | None,
        newline: str | None,
    ) -> None: ...
    def readline(self, size: int | None = -1) -> str: ...
    def readlines(self, hint: int | None = -1) -> list[str]: ...
    def read(self, size: int | None = -1) -> str: ...
    def open_buffer(self) -> _Buffer: ...
    def newlines(self) -> str | tuple[str, ...] | None: ...
    def end(self) -> None: ...
    def detach(self) -> None: ...

class TextStream(io.TextIOWrapper):
    def __init__(
        self,
        buffer: _Buffer,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        line_buffering: bool = False,
    ) -> None: ...
    def readlines(self, hint: int | None = -1, /) -> list[str]: ...  # type: ignore[override]  # as in io
    def __iter__(self) -> Self: ...  # type: ignore[override]  # as in io
    def __next__(self) -> str: ...  # type: ignore[override]  # as in io
    @property
    def newlines(self) -> str | tuple[str, ...] | None: ...  # type: ignore[override]  # it has no setter
    def reconfigure(self, **changes: object) -> None: ...
