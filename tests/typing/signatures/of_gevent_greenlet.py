"""Every signature of ``gevent.greenlet``: pinned, so that a change is seen."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import assert_type

from greenlet import greenlet as raw_greenlet
from typing_extensions import ParamSpec, TypeVar

from gevent.core import loop as Loop
from gevent.greenlet import (
    Greenlet,
    SpawnedLink,
    _SpawningFrame,
    joinall,
    killall,
    spawn_raw,
)
from gevent.timeout import Timeout

_P = ParamSpec("_P", default=...)
_R_co = TypeVar("_R_co", covariant=True, default=object)
_Q = ParamSpec("_Q")
_AnyGreenlet = TypeVar("_AnyGreenlet", bound=raw_greenlet)


def spawnedlink_callback(it: SpawnedLink) -> None:
    assert_type(it.callback, Callable[..., object])


def spawnedlink_made(callback: Callable[..., object]) -> None:
    assert_type(SpawnedLink(callback), SpawnedLink)


def spawnedlink_called(it: SpawnedLink, source: Greenlet) -> None:
    assert_type(it(source), None)


def greenlet_spawning_stack_limit(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.spawning_stack_limit, int)


def greenlet_name(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.name, str)


def greenlet_spawn_tree_locals(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.spawn_tree_locals, dict[str, object] | None)


def greenlet_made(
    run: Callable[_P, _R_co], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(Greenlet(run, *args, **kwargs), Greenlet[_P, _R_co])


def greenlet_made_2(run: None) -> None:
    assert_type(Greenlet(run), Greenlet[..., object])


def greenlet_spawn_3(it: type[Greenlet[_P, _R_co]]) -> None:
    assert_type(it.spawn(), Greenlet[_P, _R_co])


def greenlet_spawn_later_3(it: type[Greenlet[_P, _R_co]], seconds: float) -> None:
    assert_type(it.spawn_later(seconds), Greenlet[_P, _R_co])


def greenlet_add_spawn_callback(
    it: type[Greenlet[_P, _R_co]], callback: Callable[[Greenlet], object]
) -> None:
    assert_type(it.add_spawn_callback(callback), None)


def greenlet_remove_spawn_callback(
    it: type[Greenlet[_P, _R_co]], callback: Callable[[Greenlet], object]
) -> None:
    assert_type(it.remove_spawn_callback(callback), None)


def greenlet_start(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.start(), None)


def greenlet_start_later(it: Greenlet[_P, _R_co], seconds: float) -> None:
    assert_type(it.start_later(seconds), None)


def greenlet_loop(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.loop, Loop)


def greenlet_started(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.started, bool)


def greenlet_ready(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.ready(), bool)


def greenlet_successful(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.successful(), bool)


def greenlet_value(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.value, _R_co | None)


def greenlet_exception(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.exception, BaseException | None)


def greenlet_exc_info(it: Greenlet[_P, _R_co]) -> None:
    assert_type(
        it.exc_info,
        tuple[type[BaseException], BaseException, TracebackType | None] | None,
    )


def greenlet_args(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.args, tuple[object, ...])


def greenlet_kwargs(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.kwargs, dict[str, object])


def greenlet_minimal_ident(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.minimal_ident, int)


def greenlet_spawning_greenlet(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.spawning_greenlet, weakref.ref[raw_greenlet] | None)


def greenlet_spawning_stack(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.spawning_stack, _SpawningFrame | None)


def greenlet_has_links(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.has_links(), bool)


def greenlet_rawlink(
    it: Greenlet[_P, _R_co], callback: Callable[[Greenlet[_P, _R_co]], object]
) -> None:
    assert_type(it.rawlink(callback), None)


def greenlet_link(
    it: Greenlet[_P, _R_co],
    callback: Callable[[Greenlet[_P, _R_co]], object],
    SpawnedLink: type[SpawnedLink],
) -> None:
    assert_type(it.link(callback, SpawnedLink), None)


def greenlet_link_value(
    it: Greenlet[_P, _R_co],
    callback: Callable[[Greenlet[_P, _R_co]], object],
    SpawnedLink: type[SpawnedLink],
) -> None:
    assert_type(it.link_value(callback, SpawnedLink), None)


def greenlet_link_exception(
    it: Greenlet[_P, _R_co],
    callback: Callable[[Greenlet[_P, _R_co]], object],
    SpawnedLink: type[SpawnedLink],
) -> None:
    assert_type(it.link_exception(callback, SpawnedLink), None)


def greenlet_unlink(
    it: Greenlet[_P, _R_co], callback: Callable[[Greenlet[_P, _R_co]], object]
) -> None:
    assert_type(it.unlink(callback), None)


def greenlet_unlink_all(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.unlink_all(), None)


def greenlet_join(it: Greenlet[_P, _R_co], timeout: float | Timeout | None) -> None:
    assert_type(it.join(timeout), None)


def greenlet_get(
    it: Greenlet[_P, _R_co], block: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.get(block, timeout), _R_co)


def greenlet_kill(
    it: Greenlet[_P, _R_co],
    exception: BaseException | type[BaseException],
    block: bool,
    timeout: float | Timeout | None,
) -> None:
    assert_type(it.kill(exception, block, timeout), None)


def greenlet_entered(it: Greenlet[_P, _R_co]) -> None:
    assert_type(it.__enter__(), Greenlet[_P, _R_co])


def of_spawn_raw(
    function: Callable[_Q, object], *args: _Q.args, **kwargs: _Q.kwargs
) -> None:
    assert_type(spawn_raw(function, *args, **kwargs), raw_greenlet)


def of_joinall(
    greenlets: Sequence[_AnyGreenlet],
    timeout: float | Timeout | None,
    raise_error: bool,
    count: int | None,
) -> None:
    assert_type(joinall(greenlets, timeout, raise_error, count), list[_AnyGreenlet])


def of_killall(
    greenlets: Iterable[raw_greenlet],
    exception: BaseException | type[BaseException],
    block: bool,
    timeout: float | Timeout | None,
) -> None:
    assert_type(killall(greenlets, exception, block, timeout), None)
