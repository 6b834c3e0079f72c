"""Programs about settings and their environment variables."""

from __future__ import annotations

import os
import subprocess
import sys

from differential import each

import gevent
from gevent import _config

MODULE = "gevent"

NUMBERS = (
    "max_blocking_time", "memory_monitor_period", "threadpool_idle_task_timeout",
    "resolver_timeout", "max_memory_usage",
)  # fmt: skip
BOOLS = (
    "monitor_thread", "print_blocking_reports", "track_greenlet_tree",
    "disable_watch_children",
)  # fmt: skip
IMPORTED = ("loop", "resolver", "threadpool", "fileobject", "format_context")
OTHERS = (
    "libev_backend", "trace_malloc", "ares_flags", "ares_timeout", "ares_tries",
    "ares_ndots", "ares_udp_port", "ares_tcp_port", "ares_servers",
    "resolver_nameservers",
)  # fmt: skip
EVERY = (*NUMBERS, *BOOLS, *IMPORTED, *OTHERS)

VALUES = (
    "", "0", "1", "yes", "no", "True", "false", "on", "off", "maybe", "-1", "1.5", "x",
    "10MB", "2 KB", "1GB", "nan", "inf", "127.0.0.1", "thread", "ares",
    "default", "posix", "pprint.saferepr", "os.path.join", "nosuch.module", "os.nosuch",
    "epoll",
)  # fmt: skip

NO_STRINGS = (
    None, True, False, 0, 1, -1, 1.5, 2**70, b"x", (), [], ["thread"], ("nosuch",),
    ["nosuch", "thread"], object, len,
)  # fmt: skip


def setting(name):
    return gevent.config.settings[name]


def shown(value):
    """What a setting gives, however it is made."""
    return f"class {value.__name__}" if isinstance(value, type) else value


@each(*EVERY)
def usual(case, name):
    case.named_call(name, lambda: shown(getattr(gevent.config, name)))
    one = setting(name)
    case.attributes(one, "name", "environment_key")
    case.show("default", one.default)
    case.show("again", getattr(gevent.config, name) is getattr(gevent.config, name))


@each(*EVERY)
def from_the_environment(case, name):
    for value in VALUES:
        os.environ[setting(name).environment_key] = value
        fresh = _config.Config()
        case.named_call(value, lambda fresh=fresh: shown(getattr(fresh, name)))


@each(*EVERY)
def assigned(case, name):
    for value in VALUES:
        fresh = _config.Config()
        case.named_call(f"set {value}", setattr, fresh, name, value)
        case.named_call("get", lambda fresh=fresh: shown(getattr(fresh, name)))


@each(*EVERY)
def assigned_no_string(case, name):
    for value in NO_STRINGS:
        fresh = _config.Config()
        case.named_call(f"set {value!r}", setattr, fresh, name, value)
        case.named_call("get", lambda fresh=fresh: shown(getattr(fresh, name)))


@each(*EVERY)
def names_and_texts(case, name):
    case.show("is a setting", isinstance(setting(name), _config.Setting))
    case.show("described", bool(setting(name).desc or ""))


def an_unknown_name(case):
    case.attributes(gevent.config, "nosuch")
    case.named_call("set", setattr, gevent.config, "nosuch", 1)
    case.named_call("set method", gevent.config.set, "nosuch", 1)
    case.attributes(gevent.config, "nosuch")


def the_set_method(case):
    case.call(gevent.config.set, "max_blocking_time", 2)
    case.attributes(gevent.config, "max_blocking_time")
    case.call(gevent.config.set, "max_blocking_time", -2)
    case.attributes(gevent.config, "max_blocking_time")
    case.call(gevent.config.set, "max_blocking_time")


def the_config_itself(case):
    case.show("known", set(EVERY) <= set(dir(gevent.config)))
    case.show("same", gevent.config is _config.config)
    case.show("kind", type(gevent.config))
    case.named_call("del", delattr, gevent.config, "loop")
    case.call(_config.Config)
    case.show("settings", sorted(set(gevent.config.settings) & set(EVERY)))


def two_configs_are_apart(case):
    one, other = _config.Config(), _config.Config()
    one.max_blocking_time = 7
    case.attributes(one, "max_blocking_time")
    case.attributes(other, "max_blocking_time")


def a_change_of_the_environment_comes_too_late(case):
    fresh = _config.Config()
    case.attributes(fresh, "max_blocking_time")
    os.environ["GEVENT_MAX_BLOCKING_TIME"] = "9"
    case.attributes(fresh, "max_blocking_time")


@each(
    "1", "0", "yes", "no", "on", "off", "", "true", "FALSE", " 1 ", "2", 1, True, None
)
def validate_bool(case, value):
    case.call(_config.validate_bool, value)


IN_A_PROCESS = (
    "GEVENT_LOOP=nosuch", "GEVENT_LOOP=gevent.nosuch.loop", "GEVENT_RESOLVER=nosuch",
    "GEVENT_RESOLVER=block", "GEVENT_THREADPOOL=nosuch", "GEVENT_FILE=thread",
    "GEVENT_FILE=nosuch", "GEVENT_BACKEND=nosuch", "GEVENT_BACKEND=select",
    "GEVENT_MAX_BLOCKING_TIME=x", "GEVENT_MONITOR_THREAD_ENABLE=maybe",
    "GEVENT_TRACK_GREENLET_TREE=no", "GEVENT_NOWAITPID=1",
)  # fmt: skip


@each(*IN_A_PROCESS)
def in_a_process(case, pair):
    key, _, value = pair.partition("=")
    names = {setting(name).environment_key: name for name in EVERY}
    code = f"""
import gevent
value = gevent.config.{names[key]}
print(getattr(value, "__name__", value))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, key: value},
        capture_output=True,
        text=True,
        check=False,
    )
    case.show("status", done.returncode)
    case.show("out", done.stdout)
    case.show("last line", done.stderr.strip().rpartition("\n")[2])


@each("select", "poll", "epoll", "nosuch", "epoll,poll")
def the_backend_of_a_hub(case, value):
    code = "import gevent; print(gevent.get_hub().loop.backend)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "GEVENT_BACKEND": value, "GEVENT_LOOP": "libev"},
        capture_output=True,
        text=True,
        check=False,
    )
    case.show("status", done.returncode)
    case.show("out", done.stdout)
    case.show("last line", done.stderr.strip().rpartition("\n")[2])
