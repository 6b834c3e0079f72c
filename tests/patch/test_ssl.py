"""TLS contexts in patched programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_a_context_made_before_patching_can_be_changed(program: Program) -> None:
    program(
        """
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        from gevent import monkey
        monkey.patch_all()
        context.options |= ssl.OP_NO_TICKET
        assert context.options & ssl.OP_NO_TICKET
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        assert context.verify_mode is ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        """
    )


def test_properties_are_set_through_the_class_below(program: Program) -> None:
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        below = super(ssl.SSLContext, ssl.SSLContext)
        below.verify_mode.__set__(context, ssl.CERT_NONE)
        assert context.verify_mode is ssl.CERT_NONE
        """
    )
