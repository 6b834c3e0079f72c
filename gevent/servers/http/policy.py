"""What heads are served, and how: the only place that judges them.

A head comes here from whoever took it apart, by the grammar of HTTP/1 or from a frame
of HTTP/2, as the facts of a :class:`Head`. What is refused is listed beside the facts
that say so; the order counts where a head breaks several rules.

=======  ==============================================================================
status   facts
=======  ==============================================================================
501      CONNECT, unless relaxed; a transfer coding that is not chunked
400      a target in none of the forms of its method; NUL in a path, unless relaxed
400      no Host in 1.1; a second one; one that is no host; a second field of a kind of
         which there can be one: each unless relaxed, but the first
400      framing: a second length or coding; both; a coding in 1.0; a length that is no
         number; codings that are no list of tokens with chunked once and at its end
413      a length above the limit
417      in 1.1, an expectation other than 100-continue
=======  ==============================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent._native.http.head import Head, HeadError

if TYPE_CHECKING:
    from gevent.servers.http.limits import Limits

__all__ = ("Decision", "decide")

# The length of a body whose end its chunks tell.
CHUNKED = -1
# The longest one that can be counted, where there is no limit.
MOST_LENGTH = 2**63 - 1


class Decision:
    """How a head is served; shared between requests, so never changed.

    Attributes:
        length: Octets of the body; 0: there is none; -1: it comes in chunks.
        persistent: Whether the client lets the connection go on.
        expects_continue: Whether it waits for a 100 before it sends its body.
        upgrade: The protocols that it offers to go on with, as sent; None if it does
            not, or may not.
    """

    __slots__ = ("expects_continue", "length", "persistent", "upgrade")

    def __init__(
        self,
        length: int = 0,
        persistent: bool = True,
        expects_continue: bool = False,
        upgrade: str | None = None,
    ) -> None:
        self.length = length
        self.persistent = persistent
        self.expects_continue = expects_continue
        self.upgrade = upgrade


_NO_BODY = Decision()
_NO_BODY_AND_CLOSE = Decision(persistent=False)


def decide(head: Head, limits: Limits, relax: frozenset[str]) -> Decision:
    """Decide how a head is served.

    Args:
        head: The facts.
        limits: Of which ``body`` counts here.
        relax: Names of relaxations.

    Raises:
        HeadError: It is refused.
    """
    judge_target(head, relax)
    judge_fields(head, relax)
    length = body_length(head, limits)
    if head.expects_other and head.minor:
        raise HeadError(417, "unknown expectation")
    persistent = is_persistent(head)
    if length == 0 and not head.wants_upgrade:
        return _NO_BODY if persistent else _NO_BODY_AND_CLOSE
    decision = Decision.__new__(Decision)
    decision.length = length
    decision.persistent = persistent
    decision.expects_continue = (
        head.expects_continue and head.minor == 1 and length != 0
    )
    decision.upgrade = head.upgrade if head.wants_upgrade and head.minor else None
    return decision


def judge_target(head: Head, relax: frozenset[str]) -> int:
    """Refuse a target that its method cannot have."""
    if head.is_connect:
        if "connect" not in relax:
            raise HeadError(501, "no tunnels")
        if not head.is_tunnel:
            raise HeadError(400, "no host and port to connect to")
    elif not head.is_origin and not has_other_form(head, relax):
        raise HeadError(400, "target in a form that its method does not have")
    if head.has_nul and "nul" not in relax:
        raise HeadError(400, "nul in a path")
    return 0


def has_other_form(head: Head, relax: frozenset[str]) -> bool:
    """Tell whether the target is a whole URI, or the asterisk of OPTIONS."""
    if head.is_absolute:
        return head.has_valid_authority or "loose_host" in relax
    return head.is_asterisk and head.is_options


def judge_fields(head: Head, relax: frozenset[str]) -> int:
    """Refuse hosts that are none or too many, and what else there can be one of."""
    if head.n_host == 0:
        if head.minor:
            raise HeadError(400, "no host")
    elif not head.has_valid_host and "loose_host" not in relax:
        raise HeadError(400, "malformed host")
    if head.n_host > 1 and "repeated_fields" not in relax:
        raise HeadError(400, "second host")
    if head.repeats_single and "repeated_fields" not in relax:
        raise HeadError(400, "second field of a kind of which there can be one")
    return 0


def body_length(head: Head, limits: Limits) -> int:
    """Return the length of the body: what frames it must leave no doubt."""
    if head.n_transfer_encoding:
        judge_coding(head)
        return CHUNKED
    if not head.n_content_length:
        return 0
    if head.n_content_length > 1:
        raise HeadError(400, "second content-length")
    if not head.has_valid_length:
        raise HeadError(400, "malformed content-length")
    most = limits.body
    if head.length > (MOST_LENGTH if most is None else most):
        raise HeadError(413, "body above the limit")
    if head.is_connect and head.length:
        raise HeadError(400, "body of a tunnel")
    return head.length


def judge_coding(head: Head) -> int:
    """Refuse all codings but chunked, alone and in 1.1."""
    if head.n_content_length:
        raise HeadError(400, "transfer-encoding and content-length")
    if head.n_transfer_encoding > 1:
        raise HeadError(400, "second transfer-encoding")
    if not head.minor:
        raise HeadError(400, "transfer-encoding in 1.0")
    if not head.has_valid_coding:
        raise HeadError(400, "malformed transfer-encoding")
    if not head.is_chunked:
        raise HeadError(501, "unknown transfer-encoding")
    if head.is_connect:
        raise HeadError(400, "body of a tunnel")
    return 0


def is_persistent(head: Head) -> bool:
    """Tell whether the connection may go on after the answer."""
    if head.wants_close or head.is_connect:
        return False
    return head.minor == 1 or head.wants_keep_alive
