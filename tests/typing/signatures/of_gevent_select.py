"""Every signature of ``gevent.select``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Never, SupportsFloat, TypeVar, assert_type

from _typeshed import FileDescriptorLike

from gevent.core import loop as Loop
from gevent.select import poll, select

_R = TypeVar("_R", bound=FileDescriptorLike)
_W = TypeVar("_W", bound=FileDescriptorLike)
_X = TypeVar("_X", bound=FileDescriptorLike)


def of_select(
    rlist: list[Never],
    wlist: list[Never],
    xlist: list[Never],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout),
        tuple[list[Never], list[Never], list[Never]],
    )


def select_2(
    rlist: list[Never],
    wlist: list[Never],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[Never], list[Never], list[_X]]
    )


def select_3(
    rlist: list[Never],
    wlist: Iterable[_W],
    xlist: list[Never],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[Never], list[_W], list[Never]]
    )


def select_4(
    rlist: list[Never],
    wlist: Iterable[_W],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[Never], list[_W], list[_X]]
    )


def select_5(
    rlist: Iterable[_R],
    wlist: list[Never],
    xlist: list[Never],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[_R], list[Never], list[Never]]
    )


def select_6(
    rlist: Iterable[_R],
    wlist: list[Never],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[_R], list[Never], list[_X]]
    )


def select_7(
    rlist: Iterable[_R],
    wlist: Iterable[_W],
    xlist: list[Never],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[_R], list[_W], list[Never]]
    )


def select_8(
    rlist: Iterable[_R],
    wlist: Iterable[_W],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None,
) -> None:
    assert_type(
        select(rlist, wlist, xlist, timeout), tuple[list[_R], list[_W], list[_X]]
    )


def poll_fds(it: poll) -> None:
    assert_type(it.fds, dict[int, int])


def poll_made() -> None:
    assert_type(poll(), poll)


def poll_loop(it: poll) -> None:
    assert_type(it.loop, Loop)


def poll_register(it: poll, fd: FileDescriptorLike, eventmask: int) -> None:
    assert_type(it.register(fd, eventmask), None)


def poll_modify(it: poll, fd: FileDescriptorLike, eventmask: int) -> None:
    assert_type(it.modify(fd, eventmask), None)


def poll_unregister(it: poll, fd: FileDescriptorLike) -> None:
    assert_type(it.unregister(fd), None)


def poll_poll(it: poll, timeout: SupportsFloat | None) -> None:
    assert_type(it.poll(timeout), list[tuple[int, int]])
