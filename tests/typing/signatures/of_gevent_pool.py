"""Every signature of ``gevent.pool``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVarTuple, Unpack, assert_type

from greenlet import greenlet as raw_greenlet
from typing_extensions import ParamSpec, TypeVar

from gevent.greenlet import Greenlet
from gevent.pool import Group, GroupMappingMixin, IMap, IMapUnordered, Pool
from gevent.timeout import Timeout

_P = ParamSpec("_P")
_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")
_E = TypeVar("_E")
_Ts = TypeVarTuple("_Ts")


def groupmappingmixin_spawn(
    it: GroupMappingMixin, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(it.spawn(func, *args, **kwargs), object)


def groupmappingmixin_full(it: GroupMappingMixin) -> None:
    assert_type(it.full(), bool)


def groupmappingmixin_apply(
    it: GroupMappingMixin,
    func: Callable[[Unpack[_Ts]], _T],
    args: tuple[*_Ts,],
    kwds: None,
) -> None:
    assert_type(it.apply(func, args, kwds), _T)


def groupmappingmixin_apply_2(
    it: GroupMappingMixin, func: Callable[[], _T], args: None, kwds: None
) -> None:
    assert_type(it.apply(func, args, kwds), _T)


def groupmappingmixin_apply_3(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: list[Any],
    kwds: Mapping[str, object] | None,
) -> None:
    assert_type(it.apply(func, args, kwds), _T)


def groupmappingmixin_apply_4(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: Iterable[object] | None,
    kwds: Mapping[str, object],
) -> None:
    assert_type(it.apply(func, args, kwds), _T)


def groupmappingmixin_apply_5(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: None,
    *,
    kwds: Mapping[str, object],
) -> None:
    assert_type(it.apply(func, args, kwds=kwds), _T)


def groupmappingmixin_apply_cb(
    it: GroupMappingMixin,
    func: Callable[[Unpack[_Ts]], _T],
    args: tuple[*_Ts,],
    kwds: None,
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_cb(func, args, kwds, callback), _T)


def groupmappingmixin_apply_cb_2(
    it: GroupMappingMixin,
    func: Callable[[], _T],
    args: None,
    kwds: None,
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_cb(func, args, kwds, callback), _T)


def groupmappingmixin_apply_cb_3(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: list[Any],
    kwds: Mapping[str, object] | None,
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_cb(func, args, kwds, callback), _T)


def groupmappingmixin_apply_cb_4(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: Iterable[object] | None,
    kwds: Mapping[str, object],
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_cb(func, args, kwds, callback), _T)


def groupmappingmixin_apply_cb_5(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: None,
    *,
    kwds: Mapping[str, object],
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_cb(func, args, kwds=kwds, callback=callback), _T)


def groupmappingmixin_apply_async(
    it: GroupMappingMixin,
    func: Callable[[Unpack[_Ts]], _T],
    args: tuple[*_Ts,],
    kwds: None,
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_async(func, args, kwds, callback), Greenlet[..., _T])


def groupmappingmixin_apply_async_2(
    it: GroupMappingMixin,
    func: Callable[[], _T],
    args: None,
    kwds: None,
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_async(func, args, kwds, callback), Greenlet[..., _T])


def groupmappingmixin_apply_async_3(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: list[Any],
    kwds: Mapping[str, object] | None,
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_async(func, args, kwds, callback), Greenlet[..., _T])


def groupmappingmixin_apply_async_4(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: Iterable[object] | None,
    kwds: Mapping[str, object],
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(it.apply_async(func, args, kwds, callback), Greenlet[..., _T])


def groupmappingmixin_apply_async_5(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    args: None,
    *,
    kwds: Mapping[str, object],
    callback: Callable[[_T], object] | None,
) -> None:
    assert_type(
        it.apply_async(func, args, kwds=kwds, callback=callback), Greenlet[..., _T]
    )


def groupmappingmixin_map(
    it: GroupMappingMixin, func: Callable[[_A], _T], iterable: Iterable[_A]
) -> None:
    assert_type(it.map(func, iterable), list[_T])


def groupmappingmixin_map_cb(
    it: GroupMappingMixin,
    func: Callable[[_A], _T],
    iterable: Iterable[_A],
    callback: Callable[[list[_T]], object] | None,
) -> None:
    assert_type(it.map_cb(func, iterable, callback), list[_T])


def groupmappingmixin_map_async(
    it: GroupMappingMixin,
    func: Callable[[_A], _T],
    iterable: Iterable[_A],
    callback: Callable[[list[_T]], object] | None,
) -> None:
    assert_type(it.map_async(func, iterable, callback), Greenlet[..., list[_T]])


def groupmappingmixin_imap(
    it: GroupMappingMixin,
    func: Callable[[_A], _T],
    iterable: Iterable[_A],
    *,
    maxsize: int | None,
) -> None:
    assert_type(it.imap(func, iterable, maxsize=maxsize), IMap[_T])


def groupmappingmixin_imap_2(
    it: GroupMappingMixin,
    func: Callable[[_A, _B], _T],
    first: Iterable[_A],
    second: Iterable[_B],
    *,
    maxsize: int | None,
) -> None:
    assert_type(it.imap(func, first, second, maxsize=maxsize), IMap[_T])


def groupmappingmixin_imap_3(
    it: GroupMappingMixin,
    func: Callable[[_A, _B, _C], _T],
    first: Iterable[_A],
    second: Iterable[_B],
    third: Iterable[_C],
    *,
    maxsize: int | None,
) -> None:
    assert_type(it.imap(func, first, second, third, maxsize=maxsize), IMap[_T])


def groupmappingmixin_imap_4(
    it: GroupMappingMixin,
    func: Callable[[_A, _B, _C, _E], _T],
    first: Iterable[_A],
    second: Iterable[_B],
    third: Iterable[_C],
    fourth: Iterable[_E],
    *,
    maxsize: int | None,
) -> None:
    assert_type(it.imap(func, first, second, third, fourth, maxsize=maxsize), IMap[_T])


def groupmappingmixin_imap_5(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    first: Iterable[object],
    second: Iterable[object],
    third: Iterable[object],
    fourth: Iterable[object],
    fifth: Iterable[object],
    *iterables: Iterable[object],
    maxsize: int | None,
) -> None:
    assert_type(
        it.imap(func, first, second, third, fourth, fifth, *iterables, maxsize=maxsize),
        IMap[_T],
    )


def groupmappingmixin_imap_unordered(
    it: GroupMappingMixin,
    func: Callable[[_A], _T],
    iterable: Iterable[_A],
    *,
    maxsize: int | None,
) -> None:
    assert_type(it.imap_unordered(func, iterable, maxsize=maxsize), IMapUnordered[_T])


def groupmappingmixin_imap_unordered_2(
    it: GroupMappingMixin,
    func: Callable[[_A, _B], _T],
    first: Iterable[_A],
    second: Iterable[_B],
    *,
    maxsize: int | None,
) -> None:
    assert_type(
        it.imap_unordered(func, first, second, maxsize=maxsize), IMapUnordered[_T]
    )


def groupmappingmixin_imap_unordered_3(
    it: GroupMappingMixin,
    func: Callable[[_A, _B, _C], _T],
    first: Iterable[_A],
    second: Iterable[_B],
    third: Iterable[_C],
    *,
    maxsize: int | None,
) -> None:
    assert_type(
        it.imap_unordered(func, first, second, third, maxsize=maxsize),
        IMapUnordered[_T],
    )


def groupmappingmixin_imap_unordered_4(
    it: GroupMappingMixin,
    func: Callable[[_A, _B, _C, _E], _T],
    first: Iterable[_A],
    second: Iterable[_B],
    third: Iterable[_C],
    fourth: Iterable[_E],
    *,
    maxsize: int | None,
) -> None:
    assert_type(
        it.imap_unordered(func, first, second, third, fourth, maxsize=maxsize),
        IMapUnordered[_T],
    )


def groupmappingmixin_imap_unordered_5(
    it: GroupMappingMixin,
    func: Callable[..., _T],
    first: Iterable[object],
    second: Iterable[object],
    third: Iterable[object],
    fourth: Iterable[object],
    fifth: Iterable[object],
    *iterables: Iterable[object],
    maxsize: int | None,
) -> None:
    assert_type(
        it.imap_unordered(
            func, first, second, third, fourth, fifth, *iterables, maxsize=maxsize
        ),
        IMapUnordered[_T],
    )


def group_greenlet_class(it: Group) -> None:
    assert_type(it.greenlet_class, type[Greenlet])


def group_greenlets(it: Group) -> None:
    assert_type(it.greenlets, set[Greenlet])


def group_dying(it: Group) -> None:
    assert_type(it.dying, set[Greenlet])


def group_made(*args: Iterable[raw_greenlet]) -> None:
    assert_type(Group(*args), Group)


def group_length(it: Group) -> None:
    assert_type(len(it), int)


def group_add(it: Group, greenlet: raw_greenlet) -> None:
    assert_type(it.add(greenlet), None)


def group_discard(it: Group, greenlet: raw_greenlet) -> None:
    assert_type(it.discard(greenlet), None)


def group_start(it: Group, greenlet: Greenlet) -> None:
    assert_type(it.start(greenlet), None)


def group_spawn(
    it: Group, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(it.spawn(func, *args, **kwargs), Greenlet[_P, _T])


def group_wait_available(it: Group, timeout: float | Timeout | None) -> None:
    assert_type(it.wait_available(timeout), int | None)


def group_join(it: Group, timeout: float | Timeout | None, raise_error: bool) -> None:
    assert_type(it.join(timeout, raise_error), bool)


def group_kill(
    it: Group,
    exception: BaseException | type[BaseException],
    block: bool,
    timeout: float | Timeout | None,
) -> None:
    assert_type(it.kill(exception, block, timeout), None)


def group_killone(
    it: Group,
    greenlet: raw_greenlet,
    exception: BaseException | type[BaseException],
    block: bool,
    timeout: float | Timeout | None,
) -> None:
    assert_type(it.killone(greenlet, exception, block, timeout), None)


def pool_size(it: Pool) -> None:
    assert_type(it.size, int | None)


def pool_made(size: int | None, greenlet_class: type[Greenlet] | None) -> None:
    assert_type(Pool(size, greenlet_class), Pool)


def pool_free_count(it: Pool) -> None:
    assert_type(it.free_count(), int)


def pool_start(
    it: Pool, greenlet: Greenlet, blocking: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.start(greenlet, blocking, timeout), None)


def pool_add(
    it: Pool, greenlet: raw_greenlet, blocking: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.add(greenlet, blocking, timeout), None)
