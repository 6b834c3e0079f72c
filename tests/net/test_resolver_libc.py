"""Resolvers against the C library, over thousands of arguments."""

from __future__ import annotations

import pytest

from tests.support import namespace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not namespace.is_possible(), reason="needs namespaces of the user"
    ),
]


@pytest.mark.parametrize("name", ["thread", "blocking", "ares", "dnspython"])
def test_j5_values_order_and_errors_are_the_c_librarys(name: str) -> None:
    """Issue #1459: also for arguments of fifty wrong kinds."""
    _compare(name, "files dns")


@pytest.mark.parametrize("sources", ["dns files", "files", "dns"])
def test_j2_the_order_of_sources_is_the_c_librarys(sources: str) -> None:
    """Issues #21 and #699."""
    _compare("ares", sources)


def _compare(name: str, sources: str) -> None:
    printed = namespace.run_inside("tests.support.libc_lookups", name, sources)
    n_compared, *differences = printed.splitlines()
    assert not differences
    assert int(n_compared) > 9000
