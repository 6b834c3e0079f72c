"""Heads and their judgement, in each form that there is."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import pytest

from gevent.servers.http.limits import Limits
from tests.support.twins import forms_of

FORMS = forms_of(
    "gevent._native.http.octets",
    "gevent._native.http.names",
    "gevent._native.http.head",
    "gevent.servers.http.policy",
)


@dataclass(frozen=True)
class Form:
    """The two modules in one form."""

    name: str
    heads: ModuleType
    policy: ModuleType

    def __str__(self) -> str:
        """Return the name for reports of tests."""
        return self.name

    def parse(self, octets: bytes, relax: tuple[str, ...] = (), **limits: int):
        """Return the head that is at the beginning of *octets*, None if it is cut."""
        parser = self.heads.HeadParser(relax=frozenset(relax), **limits)
        return parser.feed(bytearray(octets))

    def decide(
        self, octets: bytes, relax: tuple[str, ...] = (), limits: Limits | None = None
    ):
        """Return the head and what is decided of it."""
        head = self.parse(octets, relax)
        assert head is not None
        decision = self.policy.decide(head, limits or Limits(), frozenset(relax))
        return head, decision

    def status(self, octets: bytes, relax: tuple[str, ...] = ()) -> int:
        """Return what is answered to a head that is refused."""
        with pytest.raises(self.heads.HeadError) as caught:
            self.decide(octets, relax)
        return caught.value.status

    def environ(self, octets: bytes, relax: tuple[str, ...] = ()) -> dict[str, object]:
        """Return what goes into the environ."""
        environ: dict[str, object] = {}
        head = self.parse(octets, relax)
        head.fill(environ)
        head.fill_fields(environ)
        return environ


ALL = tuple(Form(name, *modules[-2:]) for name, modules in FORMS.items())
each_form = pytest.mark.parametrize("form", ALL, ids=str)
