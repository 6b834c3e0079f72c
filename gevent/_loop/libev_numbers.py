"""libev's numbers under the names that programs know: events, flags, backends."""

from __future__ import annotations

from gevent._native.library.io_events import READ, WRITE

__all__ = (
    "ASYNC",
    "BACKEND_DEVPOLL",
    "BACKEND_EPOLL",
    "BACKEND_IOURING",
    "BACKEND_KQUEUE",
    "BACKEND_LINUXAIO",
    "BACKEND_POLL",
    "BACKEND_PORT",
    "BACKEND_SELECT",
    "CHECK",
    "CHILD",
    "CLEANUP",
    "CUSTOM",
    "EMBED",
    "ERROR",
    "FORK",
    "FORKCHECK",
    "IDLE",
    "MAXPRI",
    "MINPRI",
    "NOINOTIFY",
    "NONE",
    "NOSIGMASK",
    "PERIODIC",
    "PREPARE",
    "READ",
    "READWRITE",
    "SIGNAL",
    "SIGNALFD",
    "STAT",
    "TIMER",
    "UNDEF",
    "WRITE",
)

NONE = 0
READWRITE = READ | WRITE
TIMER = 1 << 8
PERIODIC = 1 << 9
SIGNAL = 1 << 10
CHILD = 1 << 11
STAT = 1 << 12
IDLE = 1 << 13
PREPARE = 1 << 14
CHECK = 1 << 15
EMBED = 1 << 16
FORK = 1 << 17
CLEANUP = 1 << 18
ASYNC = 1 << 19
CUSTOM = 1 << 24
ERROR = -(1 << 31)
UNDEF = -1

MINPRI = -2
MAXPRI = 2

NOINOTIFY = 0x00100000
SIGNALFD = 0x00200000
NOSIGMASK = 0x00400000
FORKCHECK = 0x02000000

BACKEND_SELECT = 1 << 0
BACKEND_POLL = 1 << 1
BACKEND_EPOLL = 1 << 2
BACKEND_KQUEUE = 1 << 3
BACKEND_DEVPOLL = 1 << 4
BACKEND_PORT = 1 << 5
BACKEND_LINUXAIO = 1 << 6
BACKEND_IOURING = 1 << 7
