# SPDX-License-Identifier: Apache-2.0
"""Removal of accounts, callers, addresses and credentials from a report.

By rule, because what AWS's messages quote is not known beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_RULES: Final = (
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,}\b"), "<key id>"),
    # A secret access key has 40 characters of base64; a SHA-1 has no capitals, a name no digits and capitals in a row.
    (re.compile(r"(?<![\w/+])(?=[\w/+]*[A-Z])(?=[\w/+]*[a-z])(?=[\w/+]*\d)[A-Za-z0-9/+]{40}(?![\w/+=-])"), "<secret>"),
    (re.compile(r"(?i)(X-Amz-(?:Security-Token|Signature|Credential)(?:=|%3D|: ))[^\s&\"']+"), r"\1<secret>"),
    # A session token is some hundred characters long.
    (re.compile(r"(?<![\w/+=])[A-Za-z0-9/+=]{100,}(?![\w/+=])"), "<secret>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"(:user/)[\w+=,.@/-]+"), r"\1<caller>"),
    (re.compile(r"(:assumed-role/[\w+=,.@-]+/)[\w+=,.@<> -]+?(?=[\s\"',;)]|$)"), r"\1<session>"),
    (re.compile(r"\bou-[a-z0-9]{4,32}-[a-z0-9]{8,32}\b"), "<unit>"),
    (re.compile(r"\bo-[a-z0-9]{10,32}\b"), "<organization>"),
    (re.compile(r"[a-z0-9]{10}(?=\.execute-api\.)"), "<api>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
)


def text(words: str, known: Mapping[str, str] | None = None) -> str:
    """The words without what could name an account or open it; `known` maps values to what stands in their place."""
    for value, instead in (known or {}).items():
        if value:
            words = words.replace(value, instead)
    for pattern, instead in _RULES:
        words = pattern.sub(instead, words)
    return words


def document(content: Any, known: Mapping[str, str] | None = None) -> Any:
    """The same for every text in a document, keys included."""
    if isinstance(content, str):
        return text(content, known)
    if isinstance(content, Mapping):
        return {text(str(key), known): document(value, known) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [document(one, known) for one in content]
    return content
