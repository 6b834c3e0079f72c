"""What names in annotations are at run time, for ``typing.get_type_hints``.

Homes import many names for type checkers only: what is above them cannot be imported,
and what is beside them would cost every program its time. Who asks for the types of a
function gets them evaluated in the namespace of its home, so they have to be there:
:func:`complete` puts in those whose module is loaded, whenever a home is published.

Nothing is imported for it. What would have to be, or is there for checkers only (a
protocol, a name of typeshed), is said by a type that is near to it.
"""

from __future__ import annotations

import os
import sys

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ("complete",)

# Modules whose names are meant, where they are loaded.
_SOURCES = {
    "_socket": "_socket",
    "_collections": "deque",
    "_collections_abc": (
        "Callable Collection ItemsView Iterable Iterator Mapping Sequence"
    ),
    "gevent._hub.cancellation": "CancelScope",
    "gevent._hub.greenlet": "Greenlet",
    "gevent._base.exceptions": "HubDestroyed",
    "gevent._hub.helpers": "Helper",
    "gevent._hub.hub": "Hub",
    "gevent._hub.identity": "IdentRegistry",
    "gevent._hub.spawn_tree": "SpawningFrame",
    "gevent._hub.timeout": "Timeout",
    "gevent._loop.loop": "Loop",
    "gevent._loop.watchers": "Armable child io timer",
    "gevent._native.http.head": "HeadError",
    "gevent._native.scheduling.scheduler": "Alarm Scheduler Waiter",
    "gevent.net.socket": "gevent_socket=socket",
    "gevent.net.tls.channel": "TLSChannel",
    "gevent.servers.http.body": "Input",
    "gevent.servers.http.connection": "Connection",
    "gevent.servers.http.environs": "SecureEnviron",
    "gevent.servers.http.policy": "Decision",
    "gevent.servers.pywsgi": "WSGIServer",
    "gevent.sync.group_members": "GroupMembers",
    "greenlet": "greenlet raw_greenlet=greenlet",
    "pycares": "Channel",
    "ssl": "SSLSession ssl=",
    "gevent._base.light": "ref",
    "types": "FrameType ModuleType TracebackType",
    "typing": "BinaryIO NoReturn Self SupportsFloat SupportsIndex TextIO",
}
_BYTES = bytes | bytearray | memoryview
_ADDRESS = tuple[str, int] | tuple[str, int, int, int]
# What is said instead of what is not there: names of `typing`, too, which this package
# does not import.
_INSTEAD: dict[str, object] = {
    "BinaryIO": object,
    "NoReturn": type(None),
    "Self": object,
    "SupportsFloat": object,
    "SupportsIndex": object,
    "TextIO": object,
    "_E": object,
    "_R": object,
    "_T": object,
    "_Ts": (object,),
    "_W": object,
    "WeakKeyDictionary": dict[object, object],
    "_X": object,
    "Address": _ADDRESS,
    "Buffer": _BYTES,
    "Call": object,
    "Caller": object,
    "Details": dict[str, object],
    "Engine": object,
    "Entry": tuple[int, int, int, str, _ADDRESS],
    "ExcInfo": tuple[type[BaseException], BaseException, object],
    "FileDescriptorLike": int | object,
    "Handler": object,
    "HandlerPool": object,
    "Host": str | bytes | bytearray | None,
    "HostEntry": tuple[str, list[str], list[str]],
    "Http2": object,
    "Backend": object,
    "Job": object,
    "Layered": object,
    "Listener": object,
    "Loop": object,
    "PeriodicMonitoringThread": object,
    "Server": object,
    "SwitchHook": object,
    "Message": tuple[object, ...],
    "MessageInto": tuple[object, ...],
    "Record": object,
    "Seconds": float,
    "Source": object,
    "StackSummary": list,
    "Lock": object,
    "Native": object,
    "Network": object,
    "Pipe": object,
    "Port": str | bytes | int | None,
    "Readable": object,
    "ReadableBuffer": _BYTES,
    "Refusal": tuple[str, bytes],
    "StrOrBytesPath": str | bytes | os.PathLike[str] | os.PathLike[bytes],
    "Submission": tuple[object, ...],
    "Threads": object,
    "VirtualTime": object,
    "Throwable": BaseException | type[BaseException],
    "Upgrades": object,
    "Writable": object,
    "WriteableBuffer": bytearray | memoryview,
    "_AnySocket": object,
    "_Callback": object,
    "_Certificate": dict[str, object] | bytes | None,
    "_RetAddress": tuple[object, ...] | str | bytes,
    "_Text": str | bytes,
    "struct_rusage": tuple[float, ...],
}
_TYPE_VARIABLES = ("_E", "_R", "_T", "_W", "_X")
# Home -> what it lacks.
_wanted = {
    "gevent._base.event_classes.hubs": "StackSummary",
    "gevent._base.event_classes.patching": "Mapping",
    "gevent._base.events": "Callable _E",
    "gevent._base.subscription": "Self TracebackType Callable",
    "gevent._hub.cancellation": (
        "Callable Self TracebackType WeakKeyDictionary raw_greenlet"
    ),
    "gevent._hub.greenlet": (
        "Callable CancelScope Iterable Loop Self Sequence SpawningFrame "
        "TracebackType ref "
    ),
    "gevent._hub.hub": (
        "Callable Greenlet Helper HubDestroyed IdentRegistry Loop "
        "PeriodicMonitoringThread "
    ),
    "gevent._hub.hub_class": (
        "Armable Callable Loop PeriodicMonitoringThread SwitchHook TracebackType "
    ),
    "gevent._hub.link_proxy": "Callable",
    "gevent._hub.signals": "Callable",
    "gevent._hub.timeout": "Alarm Callable Self Throwable TracebackType greenlet",
    "gevent._hub.wait": "Collection",
    "gevent._loop.libev": "Native",
    "gevent._loop.loop": "Armable Callable TracebackType",
    "gevent._loop.watchers": "Callable Loop Record Self TracebackType Waiter",
    "gevent._native.io.descriptor": "Callable SupportsFloat",
    "gevent._native.io.socket.base": "Self",
    "gevent._native.io.socket.connect": "_RetAddress",
    "gevent._native.io.socket.receive": (
        "Iterable Message MessageInto WriteableBuffer _RetAddress"
    ),
    "gevent._native.io.socket.send": "Iterable ReadableBuffer Scheduler",
    "gevent._native.library.polled_loop": "Backend",
    "gevent._native.scheduling.scheduler": "Callable Seconds Self",
    "gevent.net.fileobject": "Callable Layered Lock Self Threads",
    "gevent.net.files.blocking": "ReadableBuffer",
    "gevent.net.os": (
        "Callable FileDescriptorLike Loop ReadableBuffer child struct_rusage "
    ),
    "gevent.net.resolver.abstract": "Address Callable Entry Host HostEntry Port _P _T",
    "gevent.net.resolver.ares": "Hub Sequence",
    "gevent.net.resolver.blocking": "Hub",
    "gevent.net.resolver.cares": "Address Channel Iterable Loop _Callback _Text",
    "gevent.net.resolver.dnspython": "Hub Sequence",
    "gevent.net.resolver.stub": (
        "Address Callable Caller Entry HostEntry Port Sequence _T"
    ),
    "gevent.net.resolver.thread": "Entry HostEntry Hub",
    "gevent.net.select": "FileDescriptorLike Iterable Loop SupportsFloat _R _W _X",
    "gevent.net.selectors": "FileDescriptorLike Hub",
    "gevent.net.signal": "Handler",
    "gevent.net.socket": (
        "Address Armable BinaryIO Entry Host Hub NoReturn Port Self "
        "Throwable TracebackType _RetAddress "
    ),
    "gevent.net.ssl": (
        "BinaryIO Callable Iterable NoReturn ReadableBuffer Self "
        "StrOrBytesPath WriteableBuffer _AnySocket _RetAddress "
    ),
    "gevent.net.subprocess": "Callable Pipe Self",
    "gevent.net.tls.context": "Callable",
    "gevent.net.tls.inspection": "Engine SSLSession TLSChannel _Certificate ssl",
    "gevent.patch.attributes": "ModuleType Sequence",
    "gevent.patch.modules": "Iterable ModuleType",
    "gevent.servers.backdoor": "Mapping gevent_socket",
    "gevent.servers.baseserver": (
        "Callable Handler HandlerPool Listener Self TracebackType io timer "
    ),
    "gevent.servers.http.environs": "Collection ItemsView Self SupportsIndex",
    "gevent.servers.http.hosting": (
        "Callable Connection HeadError Http2 Iterable SecureEnviron "
        "Upgrades Writable gevent_socket "
    ),
    "gevent.servers.http.log": "Iterable",
    "gevent.servers.http.replying": "Buffer Callable ExcInfo Input Iterable Server",
    "gevent.servers.http.telling": "Connection Server TracebackType gevent_socket",
    "gevent.servers.pywsgi": (
        "Callable Decision Handler Http2 Iterable Readable Refusal Server "
        "TracebackType Upgrades gevent_socket "
    ),
    "gevent.servers.server": "Callable Handler Listener _socket",
    "gevent.sync.runner": "Callable Iterable _R _Ts",
    "gevent.sync.taskgroup": "Callable Greenlet Iterator Self TracebackType",
    "gevent.sync.channel": "Self",
    "gevent.sync.contextvars": "Callable Iterator Self TracebackType _P _R",
    "gevent.sync.event": "Callable Source TracebackType",
    "gevent.sync.introspection.greenlet_tree": "Iterable Iterator Self",
    "gevent.sync.introspection.snapshot": "FrameType",
    "gevent.sync.introspection.times": "Hub",
    "gevent.sync.introspection.deadlocks": "raw_greenlet",
    "gevent.sync.introspection.util": (
        "Callable Details FrameType Hub Self TextIO TracebackType raw_greenlet"
    ),
    "gevent.sync.local": "NoReturn Self",
    "gevent.sync.lock": "Callable Hub Timeout TracebackType greenlet",
    "gevent.sync.pool": (
        "Call Callable GroupMembers Iterable Iterator Mapping raw_greenlet "
    ),
    "gevent.sync.queue": "Callable Iterable Self",
    "gevent.sync.shared": "Callable",
    "gevent.sync.threads.joinable": "Callable Greenlet",
    "gevent.sync.threads.thread": "Callable Iterable Mapping NoReturn raw_greenlet",
    "gevent.sync.threads.threading": "Callable raw_greenlet",
    "gevent.sync.threads.threadpool": (
        "Backend Callable ExcInfo Hub Job Loop Mapping Submission deque "
    ),
}
_left = {home: set(names.split()) for home, names in _wanted.items()}
_found: dict[str, object] = {}
_AWAITED = {
    name.partition("=")[0] for names in _SOURCES.values() for name in names.split()
} | {"_P", *_TYPE_VARIABLES}


def complete(home: ModuleType | None = None) -> None:
    """Give all homes that are loaded the names that can be given now.

    Args:
        home: One that is ready, though Python does not know yet.
    """
    _look(home)
    for name in tuple(_left):
        module = sys.modules.get(name)
        if module is not None and (module is home or not _is_initializing(module)):
            _give(name, module)


def _look(home: ModuleType | None) -> None:
    for source in tuple(_SOURCES):
        module = sys.modules.get(source)
        if module is None or (module is not home and _is_initializing(module)):
            continue
        if source == "typing":
            _found["_P"] = module.ParamSpec("_P")
            _found.update({name: module.TypeVar(name) for name in _TYPE_VARIABLES})
        for name in _SOURCES.pop(source, "").split():
            name, equal, attribute = name.partition("=")
            attribute = attribute or ("" if equal else name)
            _found[name] = getattr(module, attribute, module)


def _is_initializing(module: ModuleType) -> bool:
    return getattr(module.__spec__, "_initializing", False)


def _give(name: str, module: ModuleType) -> None:
    namespace = vars(module)
    left = _left.get(name, set())
    for wanted in tuple(left):
        instead = _INSTEAD.get(wanted)
        value = _found.get(wanted, instead)
        # What was said instead goes when its module is loaded.
        if value is not None and namespace.get(wanted, instead) is instead:
            namespace[wanted] = value
        if wanted in _found or wanted not in _AWAITED:
            left.discard(wanted)
    if not left:
        _left.pop(name, None)
