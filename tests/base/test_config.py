"""Settings: order of values, checks, errors, watchers, the command."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from gevent._base.config import Config, ImportableSetting, Setting

ENVIRONMENT = {
    "resolver": "GEVENT_RESOLVER",
    "threadpool": "GEVENT_THREADPOOL",
    "threadpool_idle_task_timeout": "GEVENT_THREADPOOL_IDLE_TASK_TIMEOUT",
    "loop": "GEVENT_LOOP",
    "format_context": "GEVENT_FORMAT_CONTEXT",
    "libev_backend": "GEVENT_BACKEND",
    "fileobject": "GEVENT_FILE",
    "disable_watch_children": "GEVENT_NOWAITPID",
    "trace_malloc": "PYTHONTRACEMALLOC",
    "track_greenlet_tree": "GEVENT_TRACK_GREENLET_TREE",
    "monitor_thread": "GEVENT_MONITOR_THREAD_ENABLE",
    "max_blocking_time": "GEVENT_MAX_BLOCKING_TIME",
    "print_blocking_reports": "GEVENT_MONITOR_PRINT_BLOCKING_REPORTS",
    "memory_monitor_period": "GEVENT_MONITOR_MEMORY_PERIOD",
    "max_memory_usage": "GEVENT_MONITOR_MEMORY_MAX",
    "deadlock_monitor_period": "GEVENT_MONITOR_DEADLOCK_PERIOD",
    "cleanup_timeout": "GEVENT_CLEANUP_TIMEOUT",
    "ares_flags": "GEVENTARES_FLAGS",
    "ares_timeout": "GEVENTARES_TIMEOUT",
    "ares_tries": "GEVENTARES_TRIES",
    "ares_ndots": "GEVENTARES_NDOTS",
    "ares_udp_port": "GEVENTARES_UDP_PORT",
    "ares_tcp_port": "GEVENTARES_TCP_PORT",
    "ares_servers": "GEVENTARES_SERVERS",
    "resolver_nameservers": "GEVENT_RESOLVER_NAMESERVERS",
    "resolver_timeout": "GEVENT_RESOLVER_TIMEOUT",
    "inspectable": "GEVENT_INSPECTABLE",
    "chunk_cache": "GEVENT_CHUNK_CACHE",
    "inherit_context": "GEVENT_INHERIT_CONTEXT",
}


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    for name in (*ENVIRONMENT.values(), "LIBEV_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    return Config()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """An importable module ``provider.inner`` with a class ``Thing`` in it."""
    inner = types.ModuleType("provider.inner")
    inner.Thing = type("Thing", (), {})  # type: ignore[attr-defined]  # made here
    monkeypatch.setitem(sys.modules, "provider", types.ModuleType("provider"))
    monkeypatch.setitem(sys.modules, "provider.inner", inner)
    return inner


def test_every_setting_has_its_environment_variable(config: Config) -> None:
    found = {name: s.environment_key for name, s in config.settings.items()}
    assert found == ENVIRONMENT


def test_every_setting_has_a_declared_type() -> None:
    assert set(Config.__annotations__) == {*ENVIRONMENT, "settings"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threadpool_idle_task_timeout", 5.0),
        ("libev_backend", None),
        ("disable_watch_children", False),
        ("trace_malloc", None),
        ("track_greenlet_tree", True),
        ("monitor_thread", False),
        ("max_blocking_time", 0.1),
        ("print_blocking_reports", True),
        ("memory_monitor_period", 5),
        ("max_memory_usage", None),
        ("deadlock_monitor_period", None),
        ("cleanup_timeout", 5.0),
        ("ares_servers", None),
        ("resolver_nameservers", None),
        ("resolver_timeout", None),
        ("inspectable", True),
        ("chunk_cache", True),
        ("inherit_context", False),
    ],
)
def test_default(config: Config, name: str, value: object) -> None:
    assert getattr(config, name) == value


@pytest.mark.parametrize(
    ("name", "default", "short_names"),
    [
        (
            "resolver",
            ["thread", "dnspython", "ares", "block"],
            {"ares", "thread", "block", "dnspython"},
        ),
        ("threadpool", "gevent.threadpool.ThreadPool", set()),
        (
            "loop",
            ["libev-cext", "libev-cffi", "libuv-cffi"],
            {"libev-cext", "libev-cffi", "libuv-cffi", "libuv"},
        ),
        ("format_context", "pprint.saferepr", set()),
        ("fileobject", ["posix", "thread"], {"thread", "posix", "block"}),
    ],
)
def test_importable_default(
    config: Config, name: str, default: object, short_names: set[str]
) -> None:
    setting = config.settings[name]
    assert isinstance(setting, ImportableSetting)
    assert setting.default == default
    assert set(setting.shortname_map) == short_names


@pytest.mark.parametrize(
    ("name", "assigned", "value"),
    [
        *[("track_greenlet_tree", text, True) for text in ("1", "true", "ON", " yes ")],
        *[("track_greenlet_tree", text, False) for text in ("0", "False", "off", "no")],
        ("track_greenlet_tree", "", False),
        ("track_greenlet_tree", "  ", False),
        ("track_greenlet_tree", 2, True),
        ("track_greenlet_tree", None, False),
        ("max_blocking_time", "0.25", 0.25),
        ("max_blocking_time", 0, None),
        ("max_blocking_time", None, None),
        ("max_blocking_time", "", None),
        ("max_blocking_time", float("inf"), float("inf")),
        ("threadpool_idle_task_timeout", -1, None),
        ("threadpool_idle_task_timeout", "-1", None),
        ("cleanup_timeout", 0, 0.0),
        ("cleanup_timeout", "0", 0.0),
        ("cleanup_timeout", "2.5", 2.5),
        ("cleanup_timeout", None, None),
        ("cleanup_timeout", "", None),
        ("max_memory_usage", "1kb", 1024),
        ("max_memory_usage", "2 mb", 2097152),
        ("max_memory_usage", "1GB", 1073741824),
        ("max_memory_usage", "100", 100),
        ("max_memory_usage", 100.0, 100),
        ("max_memory_usage", None, None),
        ("trace_malloc", "25", 25),
        ("trace_malloc", "", None),
        ("trace_malloc", True, 1),
        ("resolver_nameservers", "1.1.1.1,2.2.2.2", ["1.1.1.1", "2.2.2.2"]),
        ("resolver_nameservers", "", [""]),
        ("resolver_nameservers", ["::1"], ["::1"]),
        ("libev_backend", "select", ["select"]),
        ("libev_backend", 5, 5),
        ("ares_flags", "x,y", "x,y"),
    ],
)
def test_assigned_value_is_converted(
    config: Config, name: str, assigned: object, value: object
) -> None:
    setattr(config, name, assigned)
    assert getattr(config, name) == value
    assert type(getattr(config, name)) is type(value)


@pytest.mark.parametrize(
    ("name", "assigned", "error", "text"),
    [
        ("track_greenlet_tree", "maybe", ValueError, "Invalid boolean string: 'maybe'"),
        ("max_blocking_time", -1, ValueError, "Must be positive"),
        ("max_blocking_time", "0", ValueError, "Must be positive"),
        ("max_blocking_time", float("nan"), ValueError, "Must be positive"),
        ("max_blocking_time", "soon", ValueError, "could not convert"),
        ("threadpool_idle_task_timeout", -2, ValueError, "Must be positive"),
        ("cleanup_timeout", -1, ValueError, "Must not be negative"),
        ("cleanup_timeout", "nan", ValueError, "Must not be negative"),
        ("max_memory_usage", -5, ValueError, "Must be positive"),
        ("max_memory_usage", 0, ValueError, "Must be positive"),
        ("max_memory_usage", "0", ValueError, "Must be positive"),
        ("max_memory_usage", "1.5gb", ValueError, "invalid literal"),
        ("max_memory_usage", "", TypeError, "byte count"),
        ("max_memory_usage", 1.5, TypeError, "byte count"),
        ("trace_malloc", "x", ValueError, "invalid literal"),
        ("loop", "nope", ImportError, "Cannot import 'nope'. Required format: "),
        ("loop", "repr", ImportError, r"Or choose from \['libev-cext', 'libev-cffi'"),
        ("loop", "", ImportError, "Cannot import ''"),
        ("loop", [], ImportError, "Cannot import from empty list"),
        ("loop", "no.such.thing", ModuleNotFoundError, "No module named 'no'"),
        ("loop", "sys.nope", ImportError, "Cannot import 'nope' from <module 'sys'"),
        ("loop", ["nope", "later"], ImportError, "Cannot import 'later'"),
        ("loop", 5, TypeError, "setting 'loop' takes a callable"),
        ("loop", None, TypeError, "setting 'loop' takes a callable"),
        ("loop", b"x", TypeError, "setting 'loop' takes a callable"),
    ],
)
def test_bad_value_is_refused_and_changes_nothing(
    config: Config, name: str, assigned: object, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        setattr(config, name, assigned)
    assert "value" not in vars(config.settings[name])
    assert name not in vars(config)


def test_environment_is_read_at_first_use_and_kept(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEVENT_MAX_BLOCKING_TIME", "2")
    assert config.max_blocking_time == 2.0
    monkeypatch.setenv("GEVENT_MAX_BLOCKING_TIME", "3")
    assert config.max_blocking_time == 2.0


def test_assignment_beats_the_environment(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEVENT_MAX_BLOCKING_TIME", "2")
    config.max_blocking_time = 7
    assert config.max_blocking_time == 7.0


def test_bad_environment_raises_at_each_read_until_it_is_good(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEVENT_MAX_BLOCKING_TIME", "-2")
    for _ in range(2):
        with pytest.raises(ValueError, match="Must be positive"):
            _ = config.max_blocking_time
    monkeypatch.setenv("GEVENT_MAX_BLOCKING_TIME", "4")
    assert config.max_blocking_time == 4.0


def test_libev_flags_count_without_gevent_backend(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBEV_FLAGS", "4")
    assert config.libev_backend == 4


def test_gevent_backend_beats_libev_flags(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBEV_FLAGS", "4")
    monkeypatch.setenv("GEVENT_BACKEND", "poll,select")
    assert config.libev_backend == ["poll", "select"]


def test_first_importable_of_a_list_is_taken(
    config: Config, provider: types.ModuleType
) -> None:
    for value in ("nope, provider.inner.Thing", ["no.such", "provider.inner.Thing"]):
        config.loop = value  # type: ignore[assignment]  # names are resolved
        assert config.loop is provider.Thing


def test_callable_is_taken_as_it_is(config: Config) -> None:
    config.format_context = repr
    assert config.format_context is repr


def test_dotted_name_of_the_environment_is_resolved_when_read(
    config: Config, monkeypatch: pytest.MonkeyPatch, provider: types.ModuleType
) -> None:
    monkeypatch.setenv("GEVENT_RESOLVER", "provider.inner.Thing")
    assert config.resolver is provider.Thing


def test_options_show_objects_and_errors(
    config: Config, provider: types.ModuleType
) -> None:
    setting = config.settings["resolver"]
    assert isinstance(setting, ImportableSetting)
    setting.shortname_map = {"good": "provider.inner.Thing", "bad": "no.such"}
    options = setting.get_options()
    assert options["good"] is provider.Thing
    assert isinstance(options["bad"], ImportError)


def test_module_that_reads_the_setting_while_assignment_imports_it(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reads_setting.py").write_text(
        "import test_config_hook as hook\n"
        "class Posix: ...\n"
        "class Thread: ...\n"
        "hook.setting.provide({'posix': Posix, 'thread': Thread})\n"
        "Chosen = hook.config.fileobject\n"
    )
    setting = config.settings["fileobject"]
    assert isinstance(setting, ImportableSetting)
    setting.shortname_map = {"thread": "reads_setting.Thread"}
    hook = types.ModuleType("test_config_hook")
    vars(hook).update(config=config, setting=setting)
    monkeypatch.setitem(sys.modules, "test_config_hook", hook)
    monkeypatch.syspath_prepend(tmp_path)
    config.fileobject = "thread"  # type: ignore[assignment]  # names are resolved
    module = sys.modules.pop("reads_setting")
    assert config.fileobject is vars(module)["Thread"] is vars(module)["Chosen"]


def test_unknown_name_can_not_be_read(config: Config) -> None:
    with pytest.raises(AttributeError, match="No configuration setting for: 'x'"):
        _ = config.x  # type: ignore[attr-defined]  # the point of the test


@pytest.mark.parametrize("name", ["monitor_thred", "x", "set"])
def test_unknown_name_can_not_be_assigned(config: Config, name: str) -> None:
    with pytest.raises(AttributeError, match=f"No configuration setting for: '{name}'"):
        setattr(config, name, 1)
    with pytest.raises(AttributeError, match="No configuration setting for: "):
        config.set(name, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("loop", value) for value in ("x", "", "os.no_such_name", "no.such, x")),
        ("resolver", "no_such_module.Resolver"),
        ("threadpool_idle_task_timeout", "x"),
        ("threadpool_idle_task_timeout", "-2"),
        ("max_blocking_time", "0"),
        ("monitor_thread", "maybe"),
        ("max_memory_usage", "10 qb"),
        ("trace_malloc", "x"),
    ],
)
@pytest.mark.parametrize("is_assigned", [True, False], ids=["assigned", "environment"])
def test_a_wrong_value_is_one_error_and_no_second_one_while_handling_it(
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    is_assigned: bool,
) -> None:
    monkeypatch.setenv(ENVIRONMENT[name], value)
    with pytest.raises((ValueError, ImportError)) as caught:
        config.set(name, value) if is_assigned else getattr(config, name)
    assert caught.value.__context__ is None
    assert str(caught.value)


def test_error_of_an_unknown_name_without_a_like_is_one_sentence(
    config: Config,
) -> None:
    with pytest.raises(AttributeError) as caught:
        config.set("zzz", 1)
    assert str(caught.value) == "No configuration setting for: 'zzz'"


def test_error_of_an_unknown_name_has_a_hint(config: Config) -> None:
    with pytest.raises(AttributeError, match="did you mean 'monitor_thread'"):
        config.monitor_thred = True


def test_settings_can_not_be_deleted(config: Config) -> None:
    with pytest.raises(AttributeError, match="not deleted"):
        del config.loop


def test_set_is_assignment(config: Config) -> None:
    config.set("monitor_thread", "yes")
    assert config.monitor_thread is True


def test_dir_lists_the_settings(config: Config) -> None:
    assert dir(config) == sorted(ENVIRONMENT)


def test_read_after_the_first_is_a_plain_attribute(config: Config) -> None:
    assert "track_greenlet_tree" not in vars(config)
    assert config.track_greenlet_tree is True
    assert vars(config)["track_greenlet_tree"] is True


def test_setting_object_and_attribute_agree(config: Config) -> None:
    seen = [config.monitor_thread]
    config.settings["monitor_thread"].set(True)
    seen += [config.monitor_thread, bool(config.settings["monitor_thread"].get())]
    assert seen == [False, True, True]


def test_watcher_is_called_at_each_assignment(config: Config) -> None:
    seen: list[object] = []
    config.watch("max_blocking_time", seen.append)
    assert seen == []
    config.max_blocking_time = "2"  # type: ignore[assignment]  # texts are converted
    config.settings["max_blocking_time"].set(None)
    assert seen == [2.0, None]


def test_watcher_finds_the_value_in_place(config: Config) -> None:
    seen: list[object] = []
    config.watch("chunk_cache", lambda value: seen.append(config.chunk_cache))
    config.chunk_cache = False
    assert seen == [False]


def test_unknown_setting_can_not_be_watched(config: Config) -> None:
    with pytest.raises(AttributeError, match="No configuration setting for: 'x'"):
        config.watch("x", print)


def test_refused_value_is_not_told_to_watchers(config: Config) -> None:
    seen: list[object] = []
    config.watch("monitor_thread", seen.append)
    with pytest.raises(ValueError, match="Invalid boolean"):
        config.set("monitor_thread", "x")
    assert seen == []


def test_two_configurations_are_independent(config: Config) -> None:
    config.monitor_thread = True
    assert Config().monitor_thread is False


def test_help_names_every_setting(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    config.print_help()
    text = capsys.readouterr().out
    for name, variable in ENVIRONMENT.items():
        assert f"{name}\n    " in text
        assert variable in text


def test_every_setting_says_what_it_means(config: Config) -> None:
    assert all(setting.desc for setting in config.settings.values())
    assert all(isinstance(setting, Setting) for setting in config.settings.values())


def test_command_prints_the_settings(run: Callable[..., object]) -> None:
    done = run("-m", "gevent._config")
    assert vars(done)["returncode"] == 0
    assert "track_greenlet_tree\n" in vars(done)["stdout"]


def test_public_name(check: Callable[..., str]) -> None:
    check(
        "from gevent._config import config, Config\n"
        "import sys, gevent._base.config as home\n"
        "assert home is sys.modules['gevent._config'] and home.config is config\n"
        "assert Config.__module__ == 'gevent._config'\n"
    )
