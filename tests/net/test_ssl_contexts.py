"""TLS contexts: defaults, and settings through whatever name and class."""

from __future__ import annotations

import ssl as stdlib

import pytest

from gevent import ssl
from tests.net.tls_pairs import SERVER, tls_pair

pytestmark = pytest.mark.pure


def test_defaults_are_safe():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.options & ssl.OP_NO_SSLv3
    # The system's OpenSSL says which is the lowest, and so may this build of Python.
    plain = stdlib.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # PyPy itself accepts what OpenSSL does; ours is stricter there.
    assert context.minimum_version >= plain.minimum_version
    context = ssl.create_default_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_settings_work_when_the_name_of_the_class_is_ours(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(stdlib, "SSLContext", ssl.SSLContext)
    context.options |= ssl.OP_NO_TICKET
    assert context.options & ssl.OP_NO_TICKET
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert context.verify_flags & ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    assert context.minimum_version is context.maximum_version is ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    assert context.verify_mode is ssl.CERT_NONE
    context._msg_callback = None


def test_settings_work_through_super(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(stdlib, "SSLContext", ssl.SSLContext)
    base = super(stdlib.SSLContext, stdlib.SSLContext)
    context.check_hostname = False
    base.verify_mode.__set__(context, ssl.CERT_NONE)
    base.options.__set__(context, ssl.OP_NO_TICKET)
    base.minimum_version.__set__(context, ssl.TLSVersion.TLSv1_2)
    assert context.verify_mode is ssl.CERT_NONE
    assert context.options & ssl.OP_NO_TICKET


@pytest.mark.parametrize(
    "make", [ssl.create_default_context, ssl._create_unverified_context]
)
def test_functions_that_make_contexts_make_ours_with_the_usual_settings(make):
    """In a program that is not patched theirs would block the thread."""
    made, usual = make(), getattr(stdlib, make.__name__)()
    assert type(made) is ssl.SSLContext
    assert made.sslsocket_class is ssl.SSLSocket
    for name in ("options", "verify_mode", "verify_flags", "check_hostname"):
        assert getattr(made, name) == getattr(usual, name)
    assert made.get_ca_certs() == usual.get_ca_certs()


def test_a_context_takes_what_vouches_for_the_peer():
    context = ssl.create_default_context(cafile=SERVER)
    first, second = tls_pair(context)
    with first, second:
        second.sendall(b"hello")
        assert first.recv(10) == b"hello"
