# SPDX-License-Identifier: Apache-2.0
"""Styles of a report's page, as far as its drawings need them: colours and sizes by class."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_MEDIA: Final = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_OF_DRAWINGS: Final = re.compile(r"\.[a-z]|polyline|svg path,polyline")
_PIXELS_OF_REM: Final = 16.0


@dataclass(frozen=True)
class Styles:
    """Rules by selector, without those for dark screens and for paper."""

    rules: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, html: str) -> Styles:
        """Read the style of a page. A variable is what it is on a light screen."""
        text = _MEDIA.sub("", html.partition("<style>")[2].partition("</style>")[0])
        rules = {selector.strip(): _declarations(body) for selector, body in _RULE.findall(text)}
        variables = {name: value for name, value in rules.get(":root", {}).items() if name.startswith("--")}
        return cls({selector: _resolved(body, variables) for selector, body in rules.items()})

    @property
    def drawings(self) -> str:
        """Rules for what drawings consist of."""
        return "".join(
            f"{selector}{{{';'.join(f'{name}:{value}' for name, value in body.items())}}}"
            for selector, body in self.rules.items()
            if _OF_DRAWINGS.fullmatch(selector) and not body.keys() & {"width", "border-left"}
        )

    def size(self, given: Mapping[str, str]) -> tuple[float, float]:
        """Return width and height of a drawing with these attributes, in pixels."""
        styled = {**self.rules.get(f".{given.get('class', '')}", {}), **given}
        *_, inner_width, inner_height = map(float, given.get("viewbox", "0 0 0 0").split())
        width = _pixels(styled.get("width", "")) or inner_width
        height = _pixels(styled.get("height", ""))
        return width, height or (width * inner_height / inner_width if inner_width else width)


def _declarations(body: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in body.split(";") if ":" in one)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _resolved(body: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    return {name: re.sub(r"var\((--[\w-]+)\)", lambda m: variables[m[1]], value) for name, value in body.items()}


def _pixels(text: str) -> float:
    if text.endswith("rem"):
        return float(text.removesuffix("rem")) * _PIXELS_OF_REM
    return float(text.removesuffix("px")) if text else 0.0
