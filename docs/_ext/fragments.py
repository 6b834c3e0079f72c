"""Show what ``changelog.d`` has: the directive ``fragments``.

    :::{fragments} feature
    :::

lists the changes of one type, sorted by the module they begin with.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import Directive

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path(__file__).resolve().parents[2] / "changelog.d"


class Fragments(Directive):
    """The directive; its argument is a type of change."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a list with an entry for each change; a sentence if there is none."""
        paths = sorted(FOLDER.glob(f"*.{self.arguments[0]}.*"))
        text = "\n".join(
            "- " + path.read_text().strip().replace("\n", "\n  ") for path in paths
        )
        node = nodes.Element()
        self.state.nested_parse([text or "None."], self.content_offset, node)
        return node.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("fragments", Fragments)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
