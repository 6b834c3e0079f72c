"""Pictures are drawn from the text that stands for them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("docutils", reason="comes with Sphinx, for `make docs`")

PLACE = Path(__file__).parents[2] / "docs" / "_ext" / "pictures.py"
SPEC = importlib.util.spec_from_file_location("pictures", PLACE)
assert SPEC is not None
pictures = importlib.util.module_from_spec(SPEC)
assert SPEC.loader is not None
SPEC.loader.exec_module(pictures)

TWO = """\
┌─────┐    ┌───┐
│ one │───>│ 2 │
└─────┘    └───┘
""".splitlines()


def test_closed_frames_are_boxes() -> None:
    assert pictures.Drawing(TWO).boxes() == [(0, 0, 2, 6), (0, 11, 2, 15)]


def test_a_frame_with_a_hole_is_no_box() -> None:
    assert pictures.Drawing(["┌─ ─┐", "└───┘"]).boxes() == []


def test_an_arrow_ends_a_line() -> None:
    drawing = pictures.Drawing(TWO)
    assert [c for c in range(16) if drawing.is_arrow(1, c)] == [10]


def test_a_sign_without_a_line_is_a_word() -> None:
    drawing = pictures.Drawing(["a > b"])
    assert not drawing.is_arrow(0, 2)
    assert ">a &gt; b<" in drawing.svg("a comparison")


def test_a_line_goes_on_to_the_frame_it_meets() -> None:
    drawing = pictures.Drawing(TWO)
    assert drawing.meets_frame(1, 7, "l")
    assert not drawing.meets_frame(1, 8, "l")


def test_a_text_in_the_middle_of_a_box_stays_there() -> None:
    assert 'text-anchor="middle">one<' in pictures.Drawing(TWO).svg("two boxes")


def test_the_title_is_for_those_who_do_not_see_it() -> None:
    assert "<title>two &amp; boxes</title>" in pictures.Drawing(TWO).svg("two & boxes")
