# SPDX-License-Identifier: Apache-2.0
"""Condition operators: whether a request's context satisfies the tests of a statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import ipaddress
import operator as operators
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scripts.iam import patterns
from scripts.iam.documents import MalformedPolicyError, Test
from scripts.iam.patterns import Context

Matcher = Callable[[str, str, Context], bool]
"""Whether a value of the policy matches a value of the request."""

_IF_EXISTS: Final = "IfExists"
_ANY: Final = "ForAnyValue:"
_ALL: Final = "ForAllValues:"
_ARN_PARTS: Final = 6


def all_hold(tests: Iterable[Test], context: Context) -> bool:
    """Whether every test holds. Raise MalformedPolicyError for an operator that IAM does not know."""
    return all(holds(test, context) for test in tests)


def holds(test: Test, context: Context) -> bool:
    """Whether one test holds. Only negated and `IfExists` operators hold for a key that the request does not have."""
    quantifier, name, if_exists = _dissected(test.operator)
    values = context.get(test.key.lower())
    if name == "Null":
        return ("true" in {wanted.lower() for wanted in test.values}) == (values is None)
    negated, matcher = _operator(name)
    if not values:
        return if_exists or quantifier == _ALL or (negated and quantifier != _ANY)
    satisfied = (any(matcher(wanted, value, context) for wanted in test.values) != negated for value in values)
    # With several values and no quantifier, a negated operator holds only if none of the values matches.
    return all(satisfied) if quantifier == _ALL or (negated and not quantifier) else any(satisfied)


def _dissected(written: str) -> tuple[str, str, bool]:
    quantifier = next((each for each in (_ANY, _ALL) if written.startswith(each)), "")
    name = written.removeprefix(quantifier)
    return quantifier, name.removesuffix(_IF_EXISTS), name.endswith(_IF_EXISTS)


def _operator(name: str) -> tuple[bool, Matcher]:
    """Return whether an operator is negated, and the function that compares one value."""
    matcher = _MATCHERS.get(name)
    if matcher is not None:
        return False, matcher
    positive = _NEGATIONS.get(name)
    if positive is None:
        raise MalformedPolicyError(f"IAM knows no condition operator {name}")
    return True, _MATCHERS[positive]


def _equals(wanted: str, value: str, context: Context) -> bool:
    pattern = patterns.resolved(wanted, context, wild=False)
    return pattern is not None and pattern.fullmatch(value) is not None


def _equals_ignoring_case(wanted: str, value: str, context: Context) -> bool:
    lowered = {name: [each.lower() for each in values] for name, values in context.items()}
    pattern = patterns.resolved(wanted.lower(), lowered, wild=False)
    return pattern is not None and pattern.fullmatch(value.lower()) is not None


def _like(wanted: str, value: str, context: Context) -> bool:
    pattern = patterns.resolved(wanted, context)
    return pattern is not None and pattern.fullmatch(value) is not None


def _arn_like(wanted: str, value: str, context: Context) -> bool:
    """Match each of the six parts of the ARN by itself: a star does not reach into the next part."""
    # A policy variable has colons in its name.
    if patterns.has_variables(wanted):
        return _like(wanted, value, context)
    wanted_parts, parts = wanted.split(":", _ARN_PARTS - 1), value.split(":", _ARN_PARTS - 1)
    return len(wanted_parts) == len(parts) and all(map(patterns.matches, wanted_parts, parts))


def _bool(wanted: str, value: str, _: Context) -> bool:
    return wanted.lower() == value.lower()


def _address(wanted: str, value: str, _: Context) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


def _binary(wanted: str, value: str, _: Context) -> bool:
    return wanted == value


def _compared(compare: Callable[[Any, Any], bool], read: Callable[[str], Any]) -> Matcher:
    def matcher(wanted: str, value: str, _: Context) -> bool:
        try:
            return compare(read(value), read(wanted))
        except ValueError:
            # A value that is not of the operator's type does not match.
            return False

    return matcher


def _moment(text: str) -> datetime:
    """Parse an ISO 8601 date, or seconds since 1970."""
    if text.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Equals": operators.eq,
    "LessThan": operators.lt,
    "LessThanEquals": operators.le,
    "GreaterThan": operators.gt,
    "GreaterThanEquals": operators.ge,
}
_MATCHERS: Final[Mapping[str, Matcher]] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    # IAM treats the two alike.
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _bool,
    "BinaryEquals": _binary,
    "IpAddress": _address,
    **{f"Numeric{name}": _compared(compare, float) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _compared(compare, _moment) for name, compare in _COMPARISONS.items()},
}
_NEGATIONS: Final[Mapping[str, str]] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
