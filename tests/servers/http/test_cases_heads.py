"""The heads of the raw cases: who says no, and with which status."""

from __future__ import annotations

import pytest

from tests.servers.http.head_forms import Form, each_form
from tests.servers.http.raw_cases import CASES, RawCase

pytestmark = each_form

REFUSED = [case for case in CASES if case.refused_by == "head"]
ACCEPTED = [case for case in CASES if case.refused_by != "head"]
ANSWERED = [case for case in ACCEPTED if case.answers]
SHORT = [case for case in CASES if len(case.raw) < 4096]


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> None:
    """Nothing here comes near the hub."""


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_wrong_head_is_refused_with_its_status(form: Form, case: RawCase) -> None:
    assert form.status(case.raw) == case.statuses[0]


@pytest.mark.parametrize("case", ACCEPTED, ids=str)
def test_a_right_head_is_accepted(form: Form, case: RawCase) -> None:
    head, _ = form.decide(case.raw)
    assert case.raw[: head.size].endswith(b"\r\n\r\n")


@pytest.mark.parametrize("case", ANSWERED, ids=str)
def test_the_environ_is_what_the_application_should_see(
    form: Form, case: RawCase
) -> None:
    environ = form.environ(case.raw)
    answer = case.answers[0]
    assert environ["PATH_INFO"] == answer.app
    assert environ["REQUEST_METHOD"] == answer.method
    assert environ.get("HTTP_HOST") == answer.host
    assert ("HTTP_PROXY" in environ) == answer.has_proxy


@pytest.mark.parametrize("case", SHORT, ids=str)
def test_octet_by_octet_it_is_the_same(form: Form, case: RawCase) -> None:
    def outcome(step: int):
        parser = form.heads.HeadParser()
        buffer = bytearray()
        for at in range(0, len(case.raw), step):
            buffer += case.raw[at : at + step]
            try:
                head = parser.feed(buffer)
            except form.heads.HeadError as error:
                return error.status, error.reason, error.offset
            if head is not None:
                return head.size, head.requestline, head.fields
        return None

    assert outcome(1) == outcome(len(case.raw))
