"""Resolvers against the C library, over thousands of arguments.

The other forms of the package try a sample of them: see ``sample_step``.
"""

from __future__ import annotations

import pytest

from tests.support import namespace
from tests.support.form import sample_step

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not namespace.is_possible(), reason="needs namespaces of the user"
    ),
]


@pytest.mark.parametrize("name", ["thread", "blocking", "ares", "dnspython"])
def test_values_order_and_errors_are_the_c_librarys(name: str) -> None:
    """Issue #1459: also for arguments of fifty wrong kinds."""
    _compare(name, "files dns")


@pytest.mark.parametrize("sources", ["dns files", "files", "dns"])
def test_the_order_of_sources_is_the_c_librarys(sources: str) -> None:
    """Issues #21 and #699."""
    _compare("ares", sources)


@pytest.mark.parametrize(
    ("name", "sources", "domains"),
    [
        ("ares", "files dns", ""),
        ("dnspython", "files dns", "search.example other.example"),
        ("ares", "files dns [NOTFOUND=return] files", "other.example ."),
        ("ares", "dns [!UNAVAIL=return] files", "search.example other.example"),
    ],
)
def test_servers_that_fail_are_what_they_are_to_the_c_library(
    name: str, sources: str, domains: str
) -> None:
    _compare_in("tests.support.libc_failures", name, sources, domains, n_least=2000)


def test_dns_that_nsswitch_never_reaches_is_not_asked() -> None:
    _compare("ares", "files [NOTFOUND=return] dns")


def _compare(name: str, sources: str) -> None:
    _compare_in("tests.support.libc_lookups", name, sources, n_least=9000)


def _compare_in(module: str, *args: str, n_least: int) -> None:
    n_compared, *differences = namespace.run_inside(module, *args).splitlines()
    assert not differences
    assert int(n_compared) > n_least // sample_step()
