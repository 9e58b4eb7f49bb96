# SPDX-License-Identifier: Apache-2.0
"""What differs between a page on a forge and on the site: links, diagrams, and pictures for light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_CODE: Final = re.compile(r"(^```.*?^```$|`[^`\n]*`)", re.DOTALL | re.MULTILINE)
_LINK: Final = re.compile(r"(?<=\]\()([^)\s#]+)(?=[#)])")
_DIAGRAM: Final = re.compile(r"^```mermaid\n(?P<source>.*?)^```$", re.DOTALL | re.MULTILINE)
_TITLE: Final = re.compile(r"^ *accTitle: (?P<title>.+)\n", re.MULTILINE)
_PICTURE: Final = re.compile(r"<picture>(?P<inside>.*?)</picture>", re.DOTALL)
_DARK: Final = re.compile(r'<source media="\(prefers-color-scheme: dark\)" srcset="(?P<path>[^"]+)">')
_LIGHT: Final = re.compile(r'<img\b[^>]*\bsrc="(?P<path>[^"]+)"')
_ALTERNATIVE: Final = re.compile(r'\balt="(?P<text>[^"]+)"')


def links(text: str, moved: Callable[[str], str]) -> str:
    """Return a page whose links to files of the project are as `moved` says; what is code stays."""

    def one(found: re.Match[str]) -> str:
        return found[1] if ":" in found[1] else moved(found[1])

    return "".join(part if number % 2 else _LINK.sub(one, part) for number, part in enumerate(_CODE.split(text)))


def diagrams(text: str, drawn: Callable[[str, str], str]) -> str:
    """Return a page that shows its diagrams as pictures: `drawn` gets source and title, and gives a path.

    Raise ValueError for a diagram without a title: a reader of the page who sees no pictures would not know of it.
    """

    def one(found: re.Match[str]) -> str:
        title = _TITLE.search(found["source"])
        if title is None:
            raise ValueError(f"a diagram has no accTitle: {found['source'][:60]!r}")
        path = drawn(_TITLE.sub("", found["source"]), title["title"])
        return f"![{title['title']}]({path}){{.diagram}}"

    return _DIAGRAM.sub(one, text)


def pictures(text: str) -> str:
    """Return a page whose pictures for light and dark follow what the reader has chosen on the site."""

    def one(found: re.Match[str]) -> str:
        dark, light = _DARK.search(found["inside"]), _LIGHT.search(found["inside"])
        said = _ALTERNATIVE.search(found["inside"])
        if not (dark and light and said):
            raise ValueError(f"a picture needs one for dark, one for light and an alternative text: {found[0][:80]!r}")
        return f"![{said['text']}]({light['path']}){{.only-light}}\n![{said['text']}]({dark['path']}){{.only-dark}}"

    return _PICTURE.sub(one, text)
