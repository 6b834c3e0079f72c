"""Every signature of ``gevent.resolver.ares``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import Unpack, assert_type

from gevent.hub import Hub
from gevent.resolver.ares import Resolver, _Parameters
from gevent.resolver.cares import channel


def resolver_cares_class(it: Resolver) -> None:
    assert_type(it.cares_class, type[channel])


def resolver_cares(it: Resolver) -> None:
    assert_type(it.cares, channel | None)


def resolver_params(it: Resolver) -> None:
    assert_type(it.params, _Parameters)


def resolver_made(
    hub: Hub | None, use_environ: bool, **kwargs: Unpack[_Parameters]
) -> None:
    assert_type(Resolver(hub, use_environ, **kwargs), Resolver)


def resolver_close(it: Resolver) -> None:
    assert_type(it.close(), None)
