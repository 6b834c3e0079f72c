"""The aliases of this tier, in each import order, and their commands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

FACADES = {
    "gevent.exceptions": "gevent._base.exceptions",
    "gevent._config": "gevent._base.config",
    "gevent.events": "gevent._base.events",
}

# A fork per order: all of them start without any of our modules.
PROGRAM = """
import os, sys, importlib, traceback
def check(order):
    for name in order:
        importlib.import_module(name)
    for public, home in FACADES.items():
        alias = importlib.import_module(public)
        assert alias is importlib.import_module(home) is sys.modules[public]
        assert getattr(sys.modules["gevent"], public.split(".")[1]) is alias
        assert importlib.util.find_spec(public) is not None
        assert set(alias.__all__) <= set(vars(alias))
        assert importlib.reload(alias) is alias is sys.modules[public]
import importlib.util
failed = False
for order in ORDERS:
    pid = os.fork()
    if not pid:
        try:
            check(order)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    failed |= os.waitpid(pid, 0)[1] != 0
sys.exit(failed)
"""


def test_every_alias_in_each_import_order(check: Callable[..., str]) -> None:
    orders = list(permutations([*FACADES, *FACADES.values()], 2))
    check(f"FACADES = {FACADES!r}\nORDERS = {orders!r}\n{PROGRAM}")


def test_definitions_have_public_names(check: Callable[..., str]) -> None:
    check(
        f"import importlib\nfor public in {list(FACADES)!r}:\n"
        "    module = importlib.import_module(public)\n"
        "    for name in module.__all__:\n"
        "        home = getattr(getattr(module, name), '__module__', public)\n"
        "        assert home in (public, 'zope.event'), (name, home)\n"
    )
