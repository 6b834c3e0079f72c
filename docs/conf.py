"""Sphinx configuration."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]

# Docstrings come from the pure form, where every signature can be read.
os.environ["GEVENT_PURE_PYTHON"] = "1"

project = "gevent"
author = "the gevent founders"
copyright = "2026, the gevent founders"
release = version = PROJECT["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build"]
nitpicky = True
default_role = "any"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_custom_sections = ["Blocking", "Cancellation", "Thread safety"]

html_theme = "furo"
html_title = f"gevent {release}"
