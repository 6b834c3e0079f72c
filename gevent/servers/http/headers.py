"""Header containers with the interface of long ago."""

from __future__ import annotations

from http.client import HTTPMessage
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.policy import Policy

    from gevent._native.http.head import Head

    _T = TypeVar("_T")

__all__ = ("OldMessage",)


class OldMessage(HTTPMessage):
    """Headers of a request, with some methods that Python 2 had.

    Args:
        **kwargs: As of :class:`email.message.Message`.

    Attributes:
        status: The empty string.
    """

    if TYPE_CHECKING:

        def __init__(self, *, policy: Policy = ...): ...

    else:

        def __init__(self, **kwargs: object):
            super().__init__(**kwargs)
            self.status = ""

    status: str

    @overload
    def getheader(self, name: str, default: None = None) -> str | None: ...

    @overload
    def getheader(self, name: str, default: _T) -> str | _T: ...

    def getheader(self, name: str, default: object = None) -> object:
        """Return the first value of a header, *default* if it is not there."""
        return self.get(name, default)

    @property
    def headers(self) -> Iterator[str]:
        r"""An iterator over the lines, as ``"Name: value\r\n"``."""
        for name, value in self.raw_items():
            yield f"{name}: {value}\r\n"

    @property
    def typeheader(self) -> str | None:
        """The content type, None if it is not there."""
        return self.get("content-type")


class MessageOfHead(OldMessage):
    """The fields of a head; it is filled when somebody looks.

    Args:
        head: They are read from there.
    """

    if TYPE_CHECKING:

        def __init__(self, head: Head): ...

    else:

        def __init__(self, head):
            self._head = head

        def __getattr__(self, name):
            # Whatever a message has is missing until now.
            head = self.__dict__.pop("_head", None)
            if head is None:
                raise AttributeError(
                    f"{type(self).__name__!r} object has no attribute {name!r}"
                )
            super().__init__()
            for field, value in head.fields:
                self[field] = value
            return getattr(self, name)
