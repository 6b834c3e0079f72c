"""Programs about ``gevent.contextvars``."""

from __future__ import annotations

from differential import each

import gevent

MODULE = "gevent.contextvars"
TWIN = "contextvars"


def set_and_reset(case):
    variable = case.module.ContextVar("variable")
    case.call(variable.get)
    case.call(variable.get, "default")
    token = variable.set(1)
    case.call(variable.get)
    variable.reset(token)
    case.call(variable.reset, token)
    case.call(variable.get)


def a_default(case):
    variable = case.module.ContextVar("variable", default=5)
    case.call(variable.get)
    case.call(variable.get, 6)
    case.attributes(variable, "name")


def a_context_runs(case):
    variable = case.module.ContextVar("variable", default=0)
    context = case.module.copy_context()

    def change():
        variable.set(9)
        return variable.get()

    case.call(context.run, change)
    case.call(variable.get)
    case.show("in", (variable in context, context[variable], len(context) > 0))
    case.call(context.run, lambda: context.run(change))


@each(1, "", None)
def a_name_of(case, name):
    case.call(case.module.ContextVar, name)


def a_token(case):
    variable = case.module.ContextVar("variable")
    token = variable.set(1)
    case.show("var", token.var is variable)
    case.show("old", token.old_value is case.module.Token.MISSING)
    other = case.module.ContextVar("other")
    case.call(other.reset, token)
    case.call(case.module.Token)


def an_empty_context(case):
    context = case.module.Context()
    case.show("parts", (len(context), list(context), dict(context.items())))
    variable = case.module.ContextVar("variable")
    case.call(context.get, variable)
    case.call(lambda: context[variable])
    case.call(lambda: context[1])
    case.call(lambda: 1 in context)
    case.show("copy", context.copy() == context)
    gevent.sleep(0)
