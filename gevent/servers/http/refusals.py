"""What a client is told when the server, not an application, answers."""

from __future__ import annotations

from gevent._native.http import reply as http_reply

_TEXTS = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "Request URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
#: Of the answer to a request whose application failed.
ERROR_BODY = b"Internal Server Error"


def status_of(code: int) -> str:
    """Return the status with that number, with its text."""
    return f"{code} {_TEXTS.get(code, 'Bad Request')}"


def refusal_of(code: int) -> tuple[str, bytes]:
    """Return (status, octets) of the answer to what is no request: it says no more."""
    status = status_of(code)
    reply = (
        f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n"
        f"Date: {http_reply.date().decode('ascii')}\r\n\r\n"
    )
    return status, reply.encode("ascii")


def error_reply(code: int) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return (status, fields, body) of the answer in the place of an application's."""
    body = ERROR_BODY if code == 500 else b""
    fields = [
        ("Content-Type", "text/plain"),
        ("Connection", "close"),
        ("Content-Length", str(len(body))),
    ]
    return status_of(code), fields, body
