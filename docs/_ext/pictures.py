"""Draw pictures from text: the directive ``picture``.

    :::{picture} What it shows, for those who do not see it
    ┌──────┐         ┌──────┐
    │ here │───────> │ there│
    └──────┘         └──────┘
    :::

The text stays readable in the source. Closed frames become boxes, ``─`` and ``│``
become lines, ``>``, ``<``, ``^`` and ``v`` at the end of a line become its arrow, and
anything else words. The colours are those of the page, light or dark.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import Directive

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WIDTH, HEIGHT = 8, 18  # of one character, in units of the picture
# Where the line in a character leads: left, right, up, down.
SIDES = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "rud",
    "┤": "lud", "┬": "lrd", "┴": "lru", "┼": "lrud",
}  # fmt: skip
ARROWS = {">": ("l", 0), "<": ("r", 180), "^": ("d", 270), "v": ("u", 90)}
NEIGHBOUR = {"l": (0, -1), "r": (0, 1), "u": (-1, 0), "d": (1, 0)}
OPPOSITE = {"l": "r", "r": "l", "u": "d", "d": "u"}

Box = tuple[int, int, int, int]  # top, left, bottom, right


class Drawing:
    """A grid of characters, and the SVG that it stands for."""

    def __init__(self, lines: list[str]) -> None:
        self.width = max(map(len, lines), default=0)
        self.rows = [line.ljust(self.width) for line in lines]

    def at(self, row: int, column: int) -> str:
        """Return the character there; a space outside of the grid."""
        if 0 <= row < len(self.rows) and 0 <= column < self.width:
            return self.rows[row][column]
        return " "

    def svg(self, title: str) -> str:
        """Return the picture as an element of HTML."""
        boxes = self.boxes()
        parts = [self.box(box) for box in boxes]
        for row, line in enumerate(self.rows):
            for column, character in enumerate(line):
                if character in SIDES:
                    parts.append(self.strokes(row, column))
                elif self.is_arrow(row, column):
                    parts.append(self.arrow(row, column))
        parts += self.words(boxes)
        size = f"{self.width * WIDTH} {len(self.rows) * HEIGHT}"
        return (
            f'<svg class="picture" role="img" viewBox="0 0 {size}" '
            f'style="max-width: {self.width * WIDTH}px" '
            f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
            + "".join(parts)
            + "</svg>"
        )

    def boxes(self) -> list[Box]:
        """Return the closed frames."""
        found = []
        for top, line in enumerate(self.rows):
            for left in (i for i, character in enumerate(line) if character == "┌"):
                right = self.follow(top, left, "r", "┐")
                bottom = self.follow(top, left, "d", "└")
                if right is None or bottom is None:
                    continue
                if self.at(bottom[0], right[1]) == "┘" and self.follow(
                    bottom[0], left, "r", "┘"
                ):
                    found.append((top, left, bottom[0], right[1]))
        return found

    def follow(
        self, row: int, column: int, side: str, end: str
    ) -> tuple[int, int] | None:
        """Go along a line to the corner that ends it; None if it breaks before."""
        down, right = NEIGHBOUR[side]
        while True:
            row, column = row + down, column + right
            character = self.at(row, column)
            if character == end:
                return row, column
            if side not in SIDES.get(character, ""):
                return None

    def box(self, box: Box) -> str:
        """Return the ground of a box; its frame is lines."""
        top, left, bottom, right = box
        return (
            f'<rect x="{left * WIDTH + WIDTH / 2}" y="{top * HEIGHT + HEIGHT / 2}" '
            f'width="{(right - left) * WIDTH}" height="{(bottom - top) * HEIGHT}"/>'
        )

    def strokes(self, row: int, column: int) -> str:
        """Return the lines of one character, from its middle to its sides."""
        x, y = column * WIDTH + WIDTH / 2, row * HEIGHT + HEIGHT / 2
        path = ""
        for side in SIDES[self.at(row, column)]:
            down, right = NEIGHBOUR[side]
            far = 1 if self.meets_frame(row, column, side) else 0.5
            path += f"M{x} {y}l{right * WIDTH * far} {down * HEIGHT * far}"
        return f'<path d="{path}"/>'

    def meets_frame(self, row: int, column: int, side: str) -> bool:
        """Return whether a line goes on to a frame that runs across its way."""
        down, right = NEIGHBOUR[side]
        beyond = SIDES.get(self.at(row + down, column + right), "")
        across = "ud" if side in "lr" else "lr"
        return OPPOSITE[side] not in beyond and any(end in beyond for end in across)

    def is_arrow(self, row: int, column: int) -> bool:
        """Return whether a line ends in this character."""
        if self.at(row, column) not in ARROWS:
            return False
        side, _ = ARROWS[self.at(row, column)]
        down, right = NEIGHBOUR[side]
        before = self.at(row + down, column + right)
        return OPPOSITE[side] in SIDES.get(before, "")

    def arrow(self, row: int, column: int) -> str:
        """Return the head of an arrow."""
        x, y = column * WIDTH + WIDTH / 2, row * HEIGHT + HEIGHT / 2
        side, angle = ARROWS[self.at(row, column)]
        half = WIDTH / 2 if angle in {0, 180} else HEIGHT / 2
        tip = half * 2 if self.meets_frame(row, column, OPPOSITE[side]) else half
        return (
            f'<path class="head" d="M{-half} 0H{tip - 1}M{tip - 7} -4l6 4l-6 4" '
            f'transform="translate({x} {y}) rotate({angle})"/>'
        )

    def words(self, boxes: list[Box]) -> list[str]:
        """Return the texts; those in a box that stand in its middle stay there."""
        parts = []
        for row, line in enumerate(self.rows):
            kept = "".join(
                " " if character in SIDES or self.is_arrow(row, column) else character
                for column, character in enumerate(line)
            )
            for match in (found := list(re.finditer(r"\S+(?: \S+)*", kept))):
                x, anchor = match.start() * WIDTH, "start"
                inside = [
                    box
                    for box in boxes
                    if box[0] < row < box[2] and box[1] < match.start() < box[3]
                ]
                if inside:
                    _, left, _, right = max(inside, key=lambda box: box[1])
                    before, after = match.start() - left, right - match.end() + 1
                    alone = sum(left < other.start() < right for other in found) == 1
                    if alone and abs(before - after) <= 1:
                        x, anchor = (left + right + 1) * WIDTH // 2, "middle"
                y = row * HEIGHT + HEIGHT * 0.72
                parts.append(
                    f'<text x="{x}" y="{y:.0f}" text-anchor="{anchor}">'
                    f"{escape(match.group())}</text>"
                )
        return parts


class Picture(Directive):
    """The directive; its argument is what the picture shows."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the drawing for HTML, the text for everything else."""
        text = "\n".join(self.content)
        drawing = Drawing(list(self.content)).svg(self.arguments[0])
        return [
            nodes.raw("", f'<figure class="picture">{drawing}</figure>', format="html"),
            nodes.raw("", text, format="text"),
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
