"""Every signature of ``gevent.selectors``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from selectors import SelectorKey
from typing import assert_type

from _typeshed import FileDescriptorLike

from gevent._native.io.poll_set import PollSet
from gevent.hub import Hub
from gevent.selectors import Epoll, GeventSelector, Registered


def epoll_modify(it: Epoll) -> None:
    assert_type(it.modify, Callable[[int, int], None])


def epoll_close(it: Epoll) -> None:
    assert_type(it.close, Callable[[], None])


def epoll_made() -> None:
    assert_type(Epoll(), Epoll)


def epoll_register(it: Epoll, fd: int, events: int) -> None:
    assert_type(it.register(fd, events), None)


def epoll_unregister(it: Epoll, fd: int) -> None:
    assert_type(it.unregister(fd), None)


def epoll_look(it: Epoll, n_most: int) -> None:
    assert_type(it.look(n_most), list[tuple[int, int]])


def epoll_entries(it: Epoll) -> None:
    assert_type(it.entries(), PollSet)


def registered_register(it: Registered) -> None:
    assert_type(it.register, Callable[[int, int], None])


def registered_modify(it: Registered) -> None:
    assert_type(it.modify, Callable[[int, int], None])


def registered_close(it: Registered) -> None:
    assert_type(it.close, Callable[[], None])


def registered_made() -> None:
    assert_type(Registered(), Registered)


def registered_unregister(it: Registered, fd: int) -> None:
    assert_type(it.unregister(fd), None)


def registered_look(it: Registered, n_most: int) -> None:
    assert_type(it.look(n_most), list[tuple[int, int]])


def registered_entries(it: Registered) -> None:
    assert_type(it.entries(), PollSet)


def geventselector_made(hub: Hub | None) -> None:
    assert_type(GeventSelector(hub), GeventSelector)


def geventselector_hub(it: GeventSelector) -> None:
    assert_type(it.hub, Hub)


def geventselector_register(
    it: GeventSelector, fileobj: FileDescriptorLike, events: int, data: object
) -> None:
    assert_type(it.register(fileobj, events, data), SelectorKey)


def geventselector_unregister(it: GeventSelector, fileobj: FileDescriptorLike) -> None:
    assert_type(it.unregister(fileobj), SelectorKey)


def geventselector_select(it: GeventSelector, timeout: float | None) -> None:
    assert_type(it.select(timeout), list[tuple[SelectorKey, int]])


def geventselector_close(it: GeventSelector) -> None:
    assert_type(it.close(), None)
