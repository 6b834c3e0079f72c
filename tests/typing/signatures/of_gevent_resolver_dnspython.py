"""Signatures of ``gevent.resolver.dnspython``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

import dns.resolver

from gevent.hub import Hub
from gevent.resolver.dnspython import Resolver


def resolver_made(hub: Hub | None) -> None:
    assert_type(Resolver(hub), Resolver)


def resolver_resolver(it: Resolver) -> None:
    assert_type(it.resolver, dns.resolver.Resolver)
