"""Names of fields that were met: the twin of ``names.pyx``."""

from __future__ import annotations

from gevent._native.http.octets import TO_KEY, TO_LOWER

MOST_KNOWN_NAMES = 512
LONGEST_KNOWN_NAME = 64

# What a field is to us; of those from HOST to UPGRADE policy reads the value.
(
    PLAIN,
    DROPPED,
    COOKIE,
    CONTENT_TYPE,
    AUTHORIZATION,
    USER_AGENT,
    REFERER,
    ORIGIN,
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    CONNECTION,
    EXPECT,
    UPGRADE,
) = range(14)

_KINDS = {
    b"proxy": DROPPED,
    b"cookie": COOKIE,
    b"content-type": CONTENT_TYPE,
    b"authorization": AUTHORIZATION,
    b"user-agent": USER_AGENT,
    b"referer": REFERER,
    b"origin": ORIGIN,
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
}

# Octets of a name, exactly as sent -> its key in environs and what it is to us.
_known: dict[bytes, tuple[str, int, bool]] = {}


def known_name(name: bytes) -> tuple[str, int, bool]:
    """Return the key of a name, what it is to us, and if it has an underscore."""
    known = _known.get(name)
    if known is None:
        kind = _KINDS.get(name.translate(TO_LOWER), PLAIN)
        key = "HTTP_" + name.translate(TO_KEY).decode("latin-1")
        known = key, kind, b"_" in name
        if len(_known) < MOST_KNOWN_NAMES and len(name) <= LONGEST_KNOWN_NAME:
            _known[name] = known
    return known
