"""Who gets a WebSocket: the opening handshake of RFC 6455, and origins."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Environ = Mapping[str, object]

#: The only version there is (RFC 6455, 4.2.1).
VERSION = "13"
#: For `websocket_origins`: the page must come from the host that is asked.
SAME_ORIGIN = "same"

# Of RFC 6455, 1.3: no other protocol answers a key with what comes of both.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# 16 octets in base 64.
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Refused(Exception):
    """A handshake that fails; with the status and the fields of the answer."""

    fields: list[tuple[str, str]]

    def __init__(self, status: str, *fields: tuple[str, str]):
        super().__init__(status)
        self.status = status
        self.fields = list(fields)


def asks_for_websocket(method: str, upgrade: str | None) -> bool:
    """Whether a request without a body wants to become a WebSocket."""
    if upgrade is None or method != "GET":
        return False
    return any(name.lower() == "websocket" for name in members(upgrade))


def check(environ: Environ, origins: frozenset[str] | None) -> None:
    """Look at the fields of a handshake.

    Args:
        environ: The request.
        origins: From where it may come; None: from everywhere.

    Raises:
        Refused: They are not as they must be.
    """
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != VERSION:
        raise Refused("426 Upgrade Required", ("Sec-WebSocket-Version", VERSION))
    if not _KEY.fullmatch(text_of(environ, "HTTP_SEC_WEBSOCKET_KEY")):
        raise Refused("400 Bad Request")
    if origins is not None and not _is_among(origins, environ):
        raise Refused("403 Forbidden")


def checked_origins(origins: Iterable[str] | None) -> frozenset[str] | None:
    """Return ``websocket_origins`` as a set in lower case.

    Raises:
        TypeError: It is one string that is not "same", or what is in it is none.
    """
    if origins is None:
        return None
    if isinstance(origins, str):
        if origins != SAME_ORIGIN:
            raise TypeError(
                "websocket_origins must be a collection of origins, "
                f"or {SAME_ORIGIN!r}, not the string {origins!r}"
            )
        return frozenset((SAME_ORIGIN,))
    for origin in origins:
        if not isinstance(origin, str):
            raise TypeError(f"an origin must be a string, not {origin!r}")
    return frozenset(origin.lower() for origin in origins)


def _is_among(origins: frozenset[str], environ: Environ) -> bool:
    """Whether a page of those origins asks, or none: browsers always say which."""
    if "HTTP_ORIGIN" not in environ:
        return True
    origin = text_of(environ, "HTTP_ORIGIN").lower()
    if origin in origins:
        return origin != SAME_ORIGIN
    if SAME_ORIGIN not in origins:
        return False
    # Not by the scheme: a proxy in front may have ended TLS.
    scheme, _, host = origin.partition("://")
    default = _DEFAULT_PORTS.get(scheme)
    if default is None:
        return False
    asked = text_of(environ, "HTTP_HOST").lower()
    return host.removesuffix(default) == asked.removesuffix(default)


def answer_to(key: str) -> str:
    """Return Sec-WebSocket-Accept for a key."""
    return b64encode(sha1(key.encode("latin-1") + _GUID).digest()).decode("ascii")


def subprotocols_of(environ: Environ) -> list[str]:
    """Return the subprotocols that the client offers, the one it likes most first."""
    return members(text_of(environ, "HTTP_SEC_WEBSOCKET_PROTOCOL"))


def checked_subprotocol(subprotocol: object, environ: Environ) -> str:
    """Return a subprotocol that the server has chosen.

    Raises:
        ValueError: It is no token, or the client does not offer it.
    """
    if not isinstance(subprotocol, str) or not _TOKEN.fullmatch(subprotocol):
        raise ValueError(f"a subprotocol must be a token, not {subprotocol!r}")
    offered = subprotocols_of(environ)
    if subprotocol not in offered:
        raise ValueError(
            f"the client does not offer the subprotocol {subprotocol!r} but {offered!r}"
        )
    return subprotocol


def members(value: str) -> list[str]:
    """Return the members of a list in a field."""
    return [name for part in value.split(",") if (name := part.strip(" \t"))]


def text_of(environ: Environ, key: str) -> str:
    """Return a field's value, "" if there is none."""
    value = environ.get(key, "")
    return value if isinstance(value, str) else ""
