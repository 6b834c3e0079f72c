"""What resolvers read from the system's files, and in which order addresses come."""

from __future__ import annotations

import os
from pathlib import Path
from socket import AF_INET, AF_INET6, AF_UNSPEC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gevent.net.resolver.order import sort_addresses
from gevent.net.resolver.system import (
    ParsedFile,
    Search,
    parse_hosts,
    parse_search,
    parse_sources,
)


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    parsed = ParsedFile(str(path), list)
    assert parsed.get() == []
    path.write_text("a\nb\n")
    assert parsed.get() == ["a", "b"]
    assert parsed.get() is parsed.get()
    replacement = tmp_path / "other"
    replacement.write_text("c\nd\n")
    os.replace(replacement, path)
    assert parsed.get() == ["c", "d"]


def test_hosts_know_their_names_by_family() -> None:
    hosts = parse_hosts(
        ["192.0.2.1 One one.example # two", "::2 six", "x y", "1.2.3.4"]
    )
    assert hosts.know_name(b"one", AF_INET)
    assert hosts.know_name(b"ONE.example", AF_UNSPEC)
    assert not hosts.know_name(b"one", AF_INET6)
    assert not hosts.know_name(b"two", AF_UNSPEC)
    assert hosts.know_name(b"six", AF_INET6)
    assert not hosts.know_name(b"y", AF_UNSPEC)
    assert hosts.know_address("192.0.2.1")
    assert not hosts.know_address("1.2.3.4")


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("a", [("a.x", "x"), ("a.y", "y"), ("a", None)]),
        ("a.b", [("a.b", None), ("a.b.x", "x"), ("a.b.y", "y")]),
        ("a.", [("a", None)]),
    ],
)
def test_names_are_completed(
    name: str, candidates: list[tuple[str, str | None]]
) -> None:
    assert list(Search(("x", "y"), 1).candidates(name)) == candidates


def test_the_last_search_line_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCALDOMAIN", raising=False)
    monkeypatch.delenv("RES_OPTIONS", raising=False)
    lines = ["; a", "domain x", "search y z.", "options rotate ndots:99", "options x"]
    assert parse_search(lines) == Search(("y", "z"), 15)


def test_the_environment_outdoes_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALDOMAIN", "a b")
    monkeypatch.setenv("RES_OPTIONS", "ndots:3")
    assert parse_search(["search x"]) == Search(("a", "b"), 3)


def test_sources_of_names() -> None:
    assert parse_sources([]).names == ("files", "dns")
    assert parse_sources(["hosts : dns files # nis"]).names == ("dns", "files")
    lines = ["passwd: nis", "hosts: mdns4 [NOTFOUND=return !UNAVAIL=x] dns files dns"]
    assert parse_sources(lines).names == ("mdns4", "dns", "files", "dns")


@pytest.mark.parametrize(
    ("hosts", "is_reached"),
    [
        ("files dns", True),
        ("dns files", True),
        ("files", False),
        ("files [NOTFOUND=return] dns", False),
        ("files [!SUCCESS=return] dns", False),
        ("files [!SUCCESS=return notfound=continue] dns", True),
        ("files mdns4_minimal [NOTFOUND=return] dns", True),
    ],
)
def test_dns_is_asked_unless_the_hosts_file_has_the_last_word(
    hosts: str, is_reached: bool
) -> None:
    assert parse_sources([f"hosts: {hosts}"]).reaches_dns() is is_reached


def test_what_can_be_reached_comes_first() -> None:
    # 240/4 is never routed.
    assert sort_addresses(["240.0.0.1", "127.0.0.1"]) == ["127.0.0.1", "240.0.0.1"]


def test_nothing_is_asked_of_one_address() -> None:
    assert sort_addresses(["nonsense"]) == ["nonsense"]


_ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(st.lists(_ADDRESSES, max_size=6))
def test_sorting_keeps_the_addresses_and_settles(addresses: list[str]) -> None:
    once = sort_addresses(addresses)
    assert sorted(once) == sorted(addresses)
    assert sort_addresses(once) == once
