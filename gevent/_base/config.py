"""The settings: where their values come from, how they are checked, who is told.

A value is the one assigned in code; else the environment variable's, read and checked
at first use and then kept; else the default. A value that does not pass the check
changes nothing, so that the next read tries again.

CONF1  :class:`Config` keeps each known value in its instance dictionary. A read after
    the first is then one attribute look-up, which native code may cache by ``watch``.
CONF2  A first read binds by ``dict.setdefault`` and an assignment overwrites, in that
    setting's own dictionary. So an assignment in another thread never loses against a
    read that began before it.

Importable settings name their object by a public dotted name, resolved when the value
is read or assigned; this module imports nothing that it configures.
"""

from __future__ import annotations

import os
import sys

from gevent._base.publish import publish

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ("Config", "Setting", "config", "main")

_TRUE_TEXTS = frozenset({"1", "true", "on", "yes"})
_FALSE_TEXTS = frozenset({"0", "false", "off", "no", ""})
_MISSING = object()
_BYTE_SUFFIXES = {"kb": 1024, "mb": 1024**2, "gb": 1024**3}


# -- checks: what code may assign ---------------------------------------------------


def validate_bool(value: object) -> bool:
    if not isinstance(value, str):
        return bool(value)
    text = value.strip().lower()
    if text in _TRUE_TEXTS:
        return True
    if text in _FALSE_TEXTS:
        return False
    raise ValueError(f"Invalid boolean string: {value!r}")


def _is_nothing(value: object) -> bool:
    # The text "0" is not nothing: whoever writes a number means a number.
    return value is None or (isinstance(value, (int, float)) and value == 0)


def _to_float(value: object) -> float | None:
    if _is_nothing(value) or value == "":
        return None
    number = float(value)  # type: ignore[arg-type]  # raises what the caller should see
    # Written so that NaN, which no timer can wait for, fails too.
    if not number > 0:
        raise ValueError("Must be positive")
    return number


def _to_idle_timeout(value: object) -> float | None:
    if not _is_nothing(value) and value != "":
        number = float(value)  # type: ignore[arg-type]  # raises what the caller should see
        value = None if number == -1 else number
    return _to_float(value)


def _to_patience(value: object) -> float | None:
    if value is None or value == "":
        return None
    number = float(value)  # type: ignore[arg-type]  # raises what the caller should see
    if not number >= 0:
        raise ValueError("Must not be negative")
    return number


def _to_byte_count(value: object) -> int | None:
    if value is None:
        return None
    count = _parse_byte_count(value) if isinstance(value, str) else value
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if not isinstance(count, int):
        raise TypeError(
            f"a byte count is an integer or a text such as '10 mb', not {value!r}"
        )
    if count <= 0:
        raise ValueError("Must be positive")
    return count


def _parse_byte_count(text: str) -> int:
    if not text:
        raise TypeError("a byte count is an integer or a text such as '10 mb', not ''")
    lowered = text.strip().lower()
    factor = _BYTE_SUFFIXES.get(lowered[-2:], 1)
    return int(lowered[:-2] if factor > 1 else lowered) * factor


def _to_int(value: object) -> int | None:
    if value is None or value == "":
        return None
    return int(value)  # type: ignore[call-overload, no-any-return]  # raises what the caller should see


def _to_list(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _to_flags(value: object) -> object:
    # LIBEV_FLAGS is libev's own bit mask, GEVENT_BACKEND a list of names.
    names = _to_list(value)
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return names


def _as_is(value: object) -> object:
    return value


# -- settings -------------------------------------------------------------------------


class Setting:
    """One setting of a :class:`Config`: its names, its default, its check.

    Attributes:
        name: Attribute of the configuration object.
        environment_key: Environment variable that is read at first use.
        default: Value, before its check, when neither code nor environment says more.
        desc: What the setting means, for people.
    """

    def __init__(
        self,
        name: str,
        environment_key: str,
        default: object,
        check: Callable[[object], object],
        desc: str,
    ) -> None:
        self.name = name
        self.environment_key = environment_key
        self.default = default
        self.desc = desc
        self._check = check
        self._watchers: list[Callable[[object], object]] = []

    def validate(self, value: object) -> object:
        """Return *value* in the form in which it is kept.

        Raises:
            ValueError: It has the right type and means nothing here.
            TypeError: It has the wrong type.
            ImportError: It names something that can not be imported.
        """
        return self._check(value)

    def get(self) -> object:
        """Return the value, after the first time without looking anywhere else."""
        # Not in a handler of KeyError: what the check raises would show it, too.
        if "value" not in self.__dict__:
            self.__dict__.setdefault("value", self._initial())
        return self.__dict__["value"]

    def is_default(self) -> bool:
        """Whether nobody has said what it is, nor asked yet."""
        return "value" not in self.__dict__ and self.environment_key not in os.environ

    def set(self, value: object) -> None:
        """Check and keep *value*, then call whoever watches the setting."""
        checked = self.validate(value)
        self.__dict__["value"] = checked
        for callback in list(self._watchers):
            callback(checked)

    def watch(self, callback: Callable[[object], object]) -> None:
        """Call ``callback(value)`` after each assignment from now on."""
        self._watchers.append(callback)

    def _initial(self) -> object:
        text = os.environ.get(self.environment_key)
        return self._default_value() if text is None else self.validate(text)

    def _default_value(self) -> object:
        # Defaults need no check: they are written here in the form that is kept.
        return self.default

    def describe(self) -> str:
        """Return meaning, default and environment variable, as text for people."""
        return (
            f"{self.desc}\n\nThe default is {self.default!r}. "
            f"The environment variable is {self.environment_key}."
        )


class _BackendSetting(Setting):
    """``libev_backend``, for which libev has an environment variable of its own."""

    def _default_value(self) -> object:
        flags = os.environ.get("LIBEV_FLAGS")
        return self.default if flags is None else _to_flags(flags)


class ImportableSetting(Setting):
    """A setting whose value is a class or another callable, given itself or by name.

    Attributes:
        shortname_map: Short name -> dotted name.
    """

    def __init__(
        self,
        name: str,
        environment_key: str,
        default: object,
        desc: str,
        shortname_map: dict[str, str] | None = None,
    ) -> None:
        super().__init__(name, environment_key, default, self._resolve, desc)
        self.shortname_map = shortname_map or {}
        self._provided: dict[str, object] = {}
        self._assigning: object = None

    def provide(self, objects: dict[str, object]) -> None:
        """Give the objects behind short names, instead of their being imported.

        For a module that defines some of them *and* reads the setting while it is
        being imported, when its own names can not be imported yet.
        """
        self._provided.update(objects)

    def get(self) -> object:
        """Return the object; the first time, import it."""
        # Checking an assignment may import a module that reads the setting.
        if self._assigning is not None and "value" not in self.__dict__:
            return self._resolve(self._assigning)
        return super().get()

    def set(self, value: object) -> None:
        """Import what *value* names and keep it, then call whoever watches."""
        self._assigning = value
        try:
            super().set(value)
        finally:
            self._assigning = None

    def get_options(self) -> dict[str, object]:
        """Return for each short name its object, or the error of importing it."""
        options: dict[str, object] = {}
        for short in self.shortname_map:
            try:
                options[short] = self._import_one(short)
            except ImportError as error:
                options[short] = error
        return options

    def _default_value(self) -> object:
        return self._resolve(self.default)

    def _resolve(self, value: object) -> object:
        if isinstance(value, str):
            return self._import_first(value.split(","))
        if callable(value):
            return value
        if isinstance(value, (list, tuple)):
            # pyright, unlike mypy, minds that nobody said of what the list is.
            return self._import_first(value)  # pyright: ignore[reportUnknownArgumentType]
        raise TypeError(
            f"setting {self.name!r} takes a callable, a dotted or short name, "
            f"or a list of these, not {value!r}"
        )

    def _import_first(self, candidates: Sequence[object]) -> object:
        if not candidates:
            raise ImportError("Cannot import from empty list")
        failures: dict[str, str] = {}
        for candidate in candidates:
            try:
                return self._import_one(candidate)
            except ImportError as error:
                if len(candidates) == 1:
                    raise
                failures[f"{candidate!r}"] = str(error)
        if len(set(failures.values())) == 1:
            # Such as that nothing is built: once is enough.
            raise ImportError(*set(failures.values()))
        raise ImportError(
            f"none of the values of {self.name!r} can be imported: "
            + "; ".join(f"{name}: {text}" for name, text in failures.items())
        )

    def _import_one(self, candidate: object) -> object:
        if not isinstance(candidate, str):
            return self._resolve(candidate)
        path = candidate.strip()
        if path in self._provided:
            return self._provided[path]
        path = self.shortname_map.get(path, path)
        module_name, _, attribute = path.rpartition(".")
        if not module_name:
            raise ImportError(
                f"Cannot import {path!r}. Required format: [package.]module.class. "
                f"Or choose from {list(self.shortname_map)}"
            )
        __import__(module_name)
        module = sys.modules[module_name]
        found: object = getattr(module, attribute, _MISSING)
        if found is _MISSING:
            raise ImportError(f"Cannot import {attribute!r} from {module}")
        return found


# -- the configuration object ---------------------------------------------------------


class Config:
    """All settings, each as an attribute; the only instance is ``gevent.config``.

    Assigning checks the value at once. Assign before the part that uses the setting is
    made: ``loop`` right after ``import gevent``, ``fileobject`` before
    ``gevent.fileobject`` is imported, settings of the hub before the first hub.

    Thread safety:
        Reading and assigning from any thread.
    """

    settings: dict[str, Setting]

    resolver: Callable[..., object]
    threadpool: Callable[..., object]
    threadpool_idle_task_timeout: float | None
    loop: Callable[..., object]
    format_context: Callable[[object], str]
    libev_backend: object
    fileobject: Callable[..., object]
    disable_watch_children: bool
    trace_malloc: int | None
    track_greenlet_tree: bool
    monitor_thread: bool
    max_blocking_time: float | None
    print_blocking_reports: bool
    memory_monitor_period: float | None
    max_memory_usage: int | None
    deadlock_monitor_period: float | None
    cleanup_timeout: float | None
    ares_flags: object
    ares_timeout: object
    ares_tries: object
    ares_ndots: object
    ares_udp_port: object
    ares_tcp_port: object
    ares_servers: object
    resolver_nameservers: Iterable[str] | None
    resolver_timeout: float | None
    inspectable: bool
    chunk_cache: bool
    inherit_context: bool

    def __init__(self) -> None:
        settings = {setting.name: setting for setting in _make_settings()}
        self.__dict__["settings"] = settings
        for setting in settings.values():
            setting.watch(self._remember(setting.name))

    def _remember(self, name: str) -> Callable[[object], None]:
        values = self.__dict__

        def remember(value: object) -> None:
            values[name] = value

        return remember

    # Hidden from type checkers, so that they see mistyped names.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            # Only for what the instance dictionary does not have yet (CONF1).
            setting = self.__dict__.get("settings", {}).get(name)
            if setting is None:
                raise AttributeError(f"No configuration setting for: {name!r}")
            return self.__dict__.setdefault(name, setting.get())

    def __setattr__(self, name: str, value: object) -> None:
        setting = self.settings.get(name)
        if setting is None:
            raise AttributeError(
                f"No configuration setting for: {name!r}{_hint(name, self.settings)}"
            )
        setting.set(value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Setting {name!r} can be assigned but not deleted")

    def __dir__(self) -> list[str]:
        return sorted(self.settings)

    def set(self, name: str, value: object) -> None:
        """Assign to the setting called *name*.

        Raises:
            AttributeError: There is no such setting.
            ValueError: The value means nothing for this setting.
            TypeError: The value has the wrong type.
            ImportError: The value names something that can not be imported.
        """
        setattr(self, name, value)

    def watch(self, name: str, callback: Callable[[object], object]) -> None:
        """Call ``callback(value)`` after each assignment to *name* from now on.

        For code that keeps a copy of the value where it is faster to reach. What the
        callback raises reaches whoever assigned; the value is in place by then.

        Raises:
            AttributeError: There is no such setting.
        """
        setting = self.settings.get(name)
        if setting is None:
            raise AttributeError(f"No configuration setting for: {name!r}")
        setting.watch(callback)

    def print_help(self) -> None:
        """Print each setting with its meaning, default and environment variable."""
        for setting in self.settings.values():
            lines = [f"    {line}".rstrip() for line in setting.describe().splitlines()]
            print(setting.name, *lines, "", sep="\n")  # noqa: T201 - its purpose


def _hint(name: str, known: Iterable[str]) -> str:
    # Only who mistypes pays for difflib.
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


# -- the settings, in the order in which print_help shows them ------------------------

_RESOLVERS = {
    "ares": "gevent.resolver.ares.Resolver",
    "thread": "gevent.resolver.thread.Resolver",
    "block": "gevent.resolver.blocking.Resolver",
    "dnspython": "gevent.resolver.dnspython.Resolver",
}
_LOOPS = {
    "libev-cext": "gevent.libev.corecext.loop",
    "libev-cffi": "gevent.libev.corecffi.loop",
    "libuv-cffi": "gevent.libuv.loop.loop",
    "libuv": "gevent.libuv.loop.loop",
}
_FILEOBJECTS = {
    "thread": "gevent.fileobject.FileObjectThread",
    "posix": "gevent.fileobject.FileObjectPosix",
    "block": "gevent.fileobject.FileObjectBlock",
}
_DEFAULT_LOOPS = (
    ["libuv-cffi", "libev-cext", "libev-cffi"]
    if sys.platform == "win32"
    else ["libev-cext", "libev-cffi", "libuv-cffi"]
)

_IMPORTABLE = (
    "A callable, its dotted name, or a list of names: the first that can be imported\n"
    "is taken (commas separate them in a text)."
)
_BOOLEAN = "As text: 1, true, on, yes; or 0, false, off, no and nothing at all."


def _make_settings() -> list[Setting]:
    return [
        *_provider_settings(),
        *_loop_settings(),
        *_process_settings(),
        *_monitor_settings(),
        *_name_settings(),
        *_scheduler_settings(),
    ]


def _provider_settings() -> list[Setting]:
    return [
        ImportableSetting(
            "resolver",
            "GEVENT_RESOLVER",
            ["thread", "dnspython", "ares", "block"],
            "Makes the object that resolves host names, one per hub.\n"
            f"{_IMPORTABLE}\nShort names: {', '.join(_RESOLVERS)}.",
            _RESOLVERS,
        ),
        ImportableSetting(
            "threadpool",
            "GEVENT_THREADPOOL",
            "gevent.threadpool.ThreadPool",
            f"Makes the pool of native threads of a hub.\n{_IMPORTABLE}",
        ),
        Setting(
            "threadpool_idle_task_timeout",
            "GEVENT_THREADPOOL_IDLE_TASK_TIMEOUT",
            5.0,
            _to_idle_timeout,
            "Seconds without work after which a thread of the hub's pool ends.\n"
            "None or -1: never.",
        ),
        ImportableSetting(
            "format_context",
            "GEVENT_FORMAT_CONTEXT",
            "pprint.saferepr",
            "Makes text of the object in whose context an error happened.\n"
            f"{_IMPORTABLE}",
        ),
        ImportableSetting(
            "fileobject",
            "GEVENT_FILE",
            ["posix", "thread"],
            "The class behind gevent.fileobject.FileObject.\n"
            f"{_IMPORTABLE}\nShort names: {', '.join(_FILEOBJECTS)}.",
            _FILEOBJECTS,
        ),
    ]


def _loop_settings() -> list[Setting]:
    return [
        ImportableSetting(
            "loop",
            "GEVENT_LOOP",
            _DEFAULT_LOOPS,
            "Makes the event loop of a hub.\n"
            f"{_IMPORTABLE}\nShort names: {', '.join(_LOOPS)}.",
            _LOOPS,
        ),
        _BackendSetting(
            "libev_backend",
            "GEVENT_BACKEND",
            None,
            _to_list,
            "How libev asks the kernel: a name such as 'select', or a comma list in\n"
            "order of preference. None: libev chooses. libev's own LIBEV_FLAGS counts\n"
            "when GEVENT_BACKEND is not set.",
        ),
    ]


def _process_settings() -> list[Setting]:
    return [
        Setting(
            "disable_watch_children",
            "GEVENT_NOWAITPID",
            False,
            validate_bool,
            "Whether fork and waitpid stay the system's, and the loop leaves child\n"
            f"processes and SIGCHLD alone.\n{_BOOLEAN}",
        ),
        Setting(
            "trace_malloc",
            "PYTHONTRACEMALLOC",
            None,
            _to_int,
            "Frames that the interpreter's tracemalloc keeps; the CFFI loops then\n"
            "remember where their objects were made.",
        ),
        Setting(
            "track_greenlet_tree",
            "GEVENT_TRACK_GREENLET_TREE",
            True,
            validate_bool,
            "Whether a greenlet remembers who spawned it, where, and the locals of\n"
            f"its tree.\n{_BOOLEAN}",
        ),
    ]


def _monitor_settings() -> list[Setting]:
    return [
        Setting(
            "monitor_thread",
            "GEVENT_MONITOR_THREAD_ENABLE",
            False,
            validate_bool,
            "Whether each hub has a native thread that looks for a blocked loop and\n"
            f"for growing memory.\n{_BOOLEAN}",
        ),
        Setting(
            "max_blocking_time",
            "GEVENT_MAX_BLOCKING_TIME",
            0.1,
            _to_float,
            "Seconds without a switch after which the monitor calls a loop blocked.",
        ),
        Setting(
            "print_blocking_reports",
            "GEVENT_MONITOR_PRINT_BLOCKING_REPORTS",
            True,
            validate_bool,
            "Whether the monitor prints its report of a blocked loop, besides\n"
            f"sending the event.\n{_BOOLEAN}",
        ),
        Setting(
            "memory_monitor_period",
            "GEVENT_MONITOR_MEMORY_PERIOD",
            5.0,
            _to_float,
            "Seconds between two looks of the monitor at the memory; at least 2 in\n"
            "effect.",
        ),
        Setting(
            "max_memory_usage",
            "GEVENT_MONITOR_MEMORY_MAX",
            None,
            _to_byte_count,
            "Bytes of memory above which the monitor sends events. An integer, as\n"
            "text also with kb, mb or gb. None: no limit.",
        ),
        Setting(
            "deadlock_monitor_period",
            "GEVENT_MONITOR_DEADLOCK_PERIOD",
            None,
            _to_float,
            "Seconds between two looks of the monitor thread of the main thread's hub\n"
            "for greenlets that wait for each other. A look takes the process some\n"
            "milliseconds, with 10,000 greenlets some 50. None: it does not look.",
        ),
        Setting(
            "cleanup_timeout",
            "GEVENT_CLEANUP_TIMEOUT",
            5.0,
            _to_patience,
            "Seconds that code may wait which runs because of a cancel (``except``,\n"
            "``finally``), unless the cancel scope or task group says something else.\n"
            "None: for ever. 0: such code may not wait.",
        ),
        Setting(
            "inspectable",
            "GEVENT_INSPECTABLE",
            True,
            validate_bool,
            "Whether 'python -m gevent ps' of the same user, or of root, may look\n"
            "into this process. For that it has a handler of one real-time signal,\n"
            "installed when gevent is imported, if the signal is free.\n"
            f"{_BOOLEAN}",
        ),
    ]


def _name_settings() -> list[Setting]:
    ares = [
        ("ares_flags", "GEVENTARES_FLAGS", "Flags of c-ares, as it takes them."),
        (
            "ares_timeout",
            "GEVENTARES_TIMEOUT",
            "Seconds for one try of c-ares.\nDeprecated: prefer resolver_timeout.",
        ),
        ("ares_tries", "GEVENTARES_TRIES", "Tries of c-ares for each name server."),
        ("ares_ndots", "GEVENTARES_NDOTS", "Dots that make a name absolute (c-ares)."),
        ("ares_udp_port", "GEVENTARES_UDP_PORT", "UDP port that c-ares asks."),
        ("ares_tcp_port", "GEVENTARES_TCP_PORT", "TCP port that c-ares asks."),
        (
            "ares_servers",
            "GEVENTARES_SERVERS",
            "Name servers of c-ares.\nDeprecated: prefer resolver_nameservers.",
        ),
    ]
    return [
        *[Setting(name, key, None, _as_is, desc) for name, key, desc in ares],
        Setting(
            "resolver_nameservers",
            "GEVENT_RESOLVER_NAMESERVERS",
            None,
            _to_list,
            "Addresses of the name servers that the ares and dnspython resolvers ask,\n"
            "as a list or a comma separated text. None: the system's.",
        ),
        Setting(
            "resolver_timeout",
            "GEVENT_RESOLVER_TIMEOUT",
            None,
            _to_float,
            "Seconds for a query in all (ares, dnspython). None: the resolver's own.",
        ),
    ]


def _scheduler_settings() -> list[Setting]:
    return [
        Setting(
            "chunk_cache",
            "GEVENT_CHUNK_CACHE",
            True,
            validate_bool,
            "Whether memory that the interpreter maps for each new greenlet is kept\n"
            f"for the next one. It is read when the first hub is made.\n{_BOOLEAN}",
        ),
        Setting(
            "inherit_context",
            "GEVENT_INHERIT_CONTEXT",
            False,
            validate_bool,
            "Whether a new greenlet starts with a copy of its spawner's context\n"
            f"variables instead of an empty context.\n{_BOOLEAN}",
        ),
    ]


config = Config()


def main() -> int:
    """Print every setting (``python -m gevent._config``); return the exit status."""
    config.print_help()
    return 0


publish(__name__, "gevent._config")
