"""Environs: what they show, and what their copies are."""

from __future__ import annotations

import copy
import pickle
import pprint
import weakref

import pytest

from gevent.servers.http.environs import Environ, SecureEnviron, WSGISecureEnviron

pytestmark = pytest.mark.pure

ALL = pytest.mark.parametrize("kind", [Environ, SecureEnviron, WSGISecureEnviron])


@ALL
def test_it_is_a_dict(kind):
    environ = kind({"a": 1}, b=2)
    assert environ == {"a": 1, "b": 2}
    assert list(environ.iteritems()) == [("a", 1), ("b", 2)]
    assert type(kind.fromkeys("ab")) is kind
    with pytest.raises(TypeError):
        kind(1, 2)


@ALL
def test_copy_keeps_the_class(kind):
    environ = kind(a=1)
    assert (type(environ.copy()), environ.copy()) == (kind, {"a": 1})


@ALL
@pytest.mark.parametrize(
    "through",
    [
        copy.copy,
        copy.deepcopy,
        lambda environ: environ | {},
        lambda environ: environ.__reduce__()[0](environ.__reduce__()[4]),
        *(
            lambda environ, protocol=protocol: pickle.loads(
                pickle.dumps(environ, protocol)
            )
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_other_copies_are_plain_dicts(kind, through):
    made = through(kind(a=1))
    assert (type(made), made) == (dict, {"a": 1})


@ALL
def test_weak_references_and_attributes_are_as_they_were(kind):
    if kind is WSGISecureEnviron:
        weakref.ref(kind()).__call__()
        kind().other = 1
        return
    with pytest.raises(TypeError):
        weakref.ref(kind())
    with pytest.raises(AttributeError):
        kind().other = 1


def test_plain_environ_shows_all():
    assert repr(Environ(a=1)) == str(Environ(a=1)) == "{'a': 1}"


def test_secure_environ_shows_how_many_keys_there_are():
    environ = SecureEnviron(a=1)
    expected = f"<pywsgi.SecureEnviron dict (keys: 1) at {id(environ)}>"
    assert repr(environ) == str(environ) == f"{environ}" == expected


def test_subclass_shows_its_name():
    class Mine(SecureEnviron):
        pass

    assert repr(Mine()).startswith("<pywsgi.Mine dict (keys: 0) at ")


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"secure_repr": False}, "{'a': 1, 'b': 2}"),
        ({"whitelist_keys": ("a",)}, "{'a': 1, 'b': '<MASKED>'}"),
        ({"whitelist_keys": {"b", "c"}}, "{'a': '<MASKED>', 'b': 2}"),
        (
            {"whitelist_keys": ("a",), "print_masked_keys": False},
            "{'a': 1, (hidden keys: 1)}",
        ),
        (
            {"whitelist_keys": ("a", "b"), "print_masked_keys": False},
            "{'a': 1, 'b': 2}",
        ),
        (
            {"whitelist_keys": ("z",), "print_masked_keys": False},
            "{, (hidden keys: 2)}",
        ),
    ],
)
def test_settings_of_an_instance(settings, shown):
    environ = SecureEnviron(a=1, b=2)
    for name, value in settings.items():
        setattr(environ, name, value)
    assert repr(environ) == str(environ) == pprint.pformat(environ) == shown


def test_settings_of_a_class():
    class Mine(SecureEnviron):
        default_whitelist_keys = ("a",)
        default_print_masked_keys = False

    assert repr(Mine(a=1, b=2)) == "{'a': 1, (hidden keys: 1)}"
    environ = Mine()
    assert environ.secure_repr is True
    assert environ.whitelist_keys == ("a",)
    assert environ.print_masked_keys is False
    Mine.default_secure_repr = False
    assert repr(Mine(a=1, b=2)) == "{'a': 1, 'b': 2}"


def test_deleted_setting_is_the_default_again():
    environ = SecureEnviron()
    environ.whitelist_keys = ("a",)
    del environ.whitelist_keys
    assert environ.whitelist_keys == ()
    with pytest.raises(AttributeError, match="other"):
        environ.other  # noqa: B018


def test_copy_hides_again():
    environ = SecureEnviron(a=1)
    environ.secure_repr = False
    assert environ.copy().secure_repr is True


def test_wsgi_environ_shows_where_a_request_came_from():
    environ = WSGISecureEnviron(
        REMOTE_ADDR="::1", REMOTE_PORT="2", HTTP_HOST="h", HTTP_COOKIE="secret"
    )
    assert repr(environ) == (
        "{'REMOTE_ADDR': '::1', 'REMOTE_PORT': '2', 'HTTP_HOST': 'h', (hidden keys: 1)}"
    )
    assert repr(WSGISecureEnviron()) == "{}"
