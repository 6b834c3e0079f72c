"""The properties of a TLS context that also work in a patched process."""

from __future__ import annotations

import _ssl
import ssl
import sys
from ssl import (
    PROTOCOL_TLS,
    PROTOCOL_TLS_CLIENT,
    PROTOCOL_TLS_SERVER,
    OP_NO_SSLv3,
    TLSVersion,
)

from gevent._base.checking import TYPE_CHECKING, cast
from gevent.net.socket import as_enum

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ("Context",)

# None: the deprecated default, which is the first one.
_NEGOTIATING = (PROTOCOL_TLS, PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER, None)


class Context(ssl.SSLContext):
    """Properties whose setters do not look the class up by its public name.

    The standard library's do, so they would find ours in a patched process, and in it
    the standard library's again, for ever. This class is a class of its own because
    programs (truststore) begin at what follows ``ssl.SSLContext``.
    """

    if sys.implementation.name == "pypy":

        def __new__(cls, protocol: int | None = None, *args: object) -> Self:
            """Make a context that accepts TLS 1.2 and newer, as Python promises.

            PyPy leaves that to OpenSSL.
            """
            make = cast("Callable[..., Self]", super().__new__)
            self = make(cls, protocol, *args)
            if protocol in _NEGOTIATING:
                self.minimum_version = TLSVersion.TLSv1_2
            return self

    @property
    def options(self) -> ssl.Options:
        """The ``OP_`` flags."""
        return super().options

    @options.setter
    def options(self, value: int) -> None:
        _native("options").__set__(self, value)

    @property
    def verify_flags(self) -> ssl.VerifyFlags:
        """The ``VERIFY_`` flags."""
        return super().verify_flags

    @verify_flags.setter
    def verify_flags(self, value: int) -> None:
        _native("verify_flags").__set__(self, value)

    @property
    def verify_mode(self) -> ssl.VerifyMode:
        """One of the ``CERT_`` values."""
        return super().verify_mode

    @verify_mode.setter
    def verify_mode(self, value: int) -> None:
        _native("verify_mode").__set__(self, value)

    @property
    def minimum_version(self) -> TLSVersion:
        """The oldest protocol that is accepted."""
        return super().minimum_version

    @minimum_version.setter
    def minimum_version(self, value: int) -> None:
        if value == TLSVersion.SSLv3:
            self.options &= ~OP_NO_SSLv3
        _native("minimum_version").__set__(self, value)

    @property
    def maximum_version(self) -> TLSVersion:
        """The newest protocol that is accepted."""
        return super().maximum_version

    @maximum_version.setter
    def maximum_version(self, value: int) -> None:
        _native("maximum_version").__set__(self, value)

    @property
    def _msg_callback(self) -> Callable[..., object] | None:
        """What is called with each protocol message; for debugging."""
        inner = _native("_msg_callback").__get__(self)
        return getattr(inner, "user_function", None)

    @_msg_callback.setter
    def _msg_callback(self, callback: Callable[..., object] | None) -> None:
        if callback is not None and not callable(callback):
            raise TypeError(f"{callback!r} is not callable")
        setter = _native("_msg_callback").__set__
        if callback is not None:
            setter(self, _with_enums(callback))
            return
        try:
            setter(self, None)
        except TypeError:  # PyPy's takes a callable only
            setter(self, _ignore_message)


def _native(name: str) -> property:
    """Return a property of the class below the standard library's."""
    return cast("property", getattr(_ssl._SSLContext, name))


def _ignore_message(*_: object) -> None:
    """Stand for no callback."""


def _with_enums(callback: Callable[..., object]) -> Callable[..., object]:
    """Return a message callback that turns OpenSSL's numbers into enum members."""
    names = vars(ssl)
    contents, alerts = names["_TLSContentType"], names["_TLSAlertType"]
    kinds = {contents.HEADER: contents, contents.ALERT: alerts}

    def inner(
        conn: object, direction: str, version: int, content: int, kind: int, data: bytes
    ) -> object:
        what = kinds.get(content, names["_TLSMessageType"])
        return callback(
            conn,
            direction,
            as_enum(version, TLSVersion),
            as_enum(content, contents),
            as_enum(kind, what),
            data,
        )

    inner.user_function = callback  # type: ignore[attr-defined]  # read by the property
    return inner
