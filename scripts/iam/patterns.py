# SPDX-License-Identifier: Apache-2.0
"""Patterns with `*`, `?` and policy variables: whether one matches a text, or covers another pattern.

A star also matches `:` and `/`, as in IAM.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

Context = Mapping[str, Sequence[str]]
"""Condition key -> values of a request; keys are in lower case."""

_WILD_RUN = re.compile(r"[*?]+")
_VARIABLE = re.compile(r"\$\{(?P<name>[^},]+?)(?:\s*,\s*'(?P<default>[^']*)')?\}")
# The three characters that a policy writes as variables to have them taken literally.
_LITERALS = {"*": "*", "?": "?", "$": "$"}


def has_variables(pattern: str) -> bool:
    """Whether a request's context is needed to match the pattern."""
    return "${" in pattern


def matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern without variables."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


def resolved(pattern: str, context: Context, wild: bool = True) -> re.Pattern[str] | None:
    """Return the regular expression of a pattern with its variables filled in; None if the request lacks a value.

    Values of variables are taken literally. `wild` is false if `*` and `?` of the pattern are to be literal, too.
    """
    if not has_variables(pattern):
        return _compiled(pattern, ignore_case=False) if wild else re.compile(re.escape(pattern), re.DOTALL)
    expression, position = [], 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found, context)
        if value is None:
            return None
        expression += [_expression(pattern[position : found.start()], wild), re.escape(value)]
        position = found.end()
    expression.append(_expression(pattern[position:], wild))
    return re.compile("".join(expression), re.DOTALL)


def covers(pattern: str, other: str, ignore_case: bool = False) -> bool:
    """Whether every text that matches `other` matches `pattern`; policy variables are compared literally."""
    if ignore_case:
        pattern, other = pattern.lower(), other.lower()
    wide, narrow = _normal(pattern), _normal(other)

    @functools.cache
    def reaches(i: int, j: int) -> bool:
        """Whether `wide[i:]` covers `narrow[j:]`."""
        if i == len(wide):
            return j == len(narrow)
        if wide[i] == "*":
            return reaches(i + 1, j) or (j < len(narrow) and reaches(i, j + 1))
        if j == len(narrow) or narrow[j] == "*":
            return False
        return wide[i] in ("?", narrow[j]) and reaches(i + 1, j + 1)

    return reaches(0, 0)


def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns; policy variables are compared literally."""
    first, second = _normal(one), _normal(other)

    @functools.cache
    def meets(i: int, j: int) -> bool:
        """Whether some text matches both `first[i:]` and `second[j:]`."""
        if i < len(first) and first[i] == "*":
            return meets(i + 1, j) or (j < len(second) and meets(i, j + 1))
        if j < len(second) and second[j] == "*":
            return meets(i, j + 1) or (i < len(first) and meets(i + 1, j))
        if i == len(first) or j == len(second):
            return i == len(first) and j == len(second)
        return (first[i] == second[j] or "?" in (first[i], second[j])) and meets(i + 1, j + 1)

    return meets(0, 0)


def _value(found: re.Match[str], context: Context) -> str | None:
    name = found["name"].strip()
    if name in _LITERALS:
        return _LITERALS[name]
    values = context.get(name.lower())
    if values and len(values) == 1:
        return values[0]
    return found["default"]


@functools.lru_cache(maxsize=8192)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_expression(pattern, wild=True), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _expression(pattern: str, wild: bool) -> str:
    escaped = re.escape(pattern)
    return escaped.replace(r"\*", ".*").replace(r"\?", ".") if wild else escaped


def _normal(pattern: str) -> str:
    """Normalize each run of wildcards to its question marks and at most one star, so that equal meanings look equal."""
    return _WILD_RUN.sub(lambda run: "?" * run[0].count("?") + ("*" if "*" in run[0] else ""), pattern)
