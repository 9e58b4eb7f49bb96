# SPDX-License-Identifier: Apache-2.0
"""Settings of Sphinx for the site. Nothing in it comes from elsewhere: fonts are the reader's own."""

from __future__ import annotations

import configparser
from typing import Any

from docutils import nodes

from scripts.paths import ROOT

_SETUP = configparser.ConfigParser(interpolation=None)
_SETUP.read(ROOT / "setup.cfg", encoding="utf-8")

project = "MLOps Workload Orchestrator"
release = version = _SETUP["metadata"]["version"]
copyright = "the contributors of this project; Apache-2.0"
language = "en"

extensions = ["myst_parser", "sphinx_copybutton"]
# What names no language is no Python.
highlight_language = "text"
# Anchors of headings as a forge makes them.
myst_heading_anchors = 6
myst_enable_extensions = ["attrs_inline"]
# A continued line in quotes is no error of the reader's: it only gets no colours.
suppress_warnings = ["misc.highlighting_failure"]
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"

html_theme = "furo"
html_title = f"{project} {release}"
# At an address that stays, for programs.
html_extra_path = [str(ROOT / "docs" / "openapi.json")]
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["static"]
html_favicon = "static/icon.svg"
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5cad", "color-brand-content": "#0b5cad"},
    "dark_css_variables": {"color-brand-primary": "#7cb8f5", "color-brand-content": "#7cb8f5"},
}


def setup(app: Any) -> None:
    """Take the heads of tables away that have no words: Markdown knows no table without one."""
    app.connect("doctree-read", _without_empty_heads)


def _without_empty_heads(_app: Any, document: nodes.document) -> None:
    for head in list(document.findall(nodes.thead)):
        if not head.astext().strip():
            head.parent.remove(head)
