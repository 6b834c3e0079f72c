"""Programs about ``gevent.builtins``."""

from __future__ import annotations

import builtins as native

from differential import each

from gevent import builtins

MODULE = "gevent.builtins"


def what_is_exported(case):
    case.attributes(builtins, "__implements__", "__target__")
    names = [name for name in vars(native) if not name.startswith("_")]
    case.show("missing", sorted(name for name in names if not hasattr(builtins, name)))


@each("print", "open", "len", "Exception", "map", "object", "input", "TimeoutError")
def the_same_as_natively(case, name):
    case.show(name, getattr(builtins, name) is getattr(native, name))


def importing(case):
    case.attributes(builtins, "__import__")
    case.call(builtins.__import__, "os")
    case.call(builtins.__import__, "nosuch")
    case.call(builtins.__import__, "os.path", fromlist=("join",))
    case.call(builtins.__import__, "")
    case.call(builtins.__import__, None)


def patching_is_nothing(case):
    from gevent import monkey

    before = dict(vars(native))
    case.call(monkey.patch_builtins)
    case.show("changed", [n for n in before if vars(native).get(n) is not before[n]])
    case.call(monkey.is_module_patched, "builtins")
