# SPDX-License-Identifier: Apache-2.0
"""Metric math as far as alarms of endpoints use it: arithmetic, comparisons, and some functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
A series is a list of values, one for each period; None is a missing one.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Series = list[float | None]
_Operators = Mapping[type[ast.AST], Callable[[Any, Any], float]]

_ARITHMETIC: Final[_Operators] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: Final[_Operators] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class UnknownExpressionError(Exception):
    """Raised for metric math that is not computed here."""


def evaluate(expression: str, known: Mapping[str, Series]) -> Series:
    """Return the series of an expression. Raise UnknownExpressionError."""
    try:
        # `^` is the power of metric math, and in Python binds less than a sum. `**` is none of metric math's.
        tree = ast.parse(expression.strip().replace("**", "^^").replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        raise UnknownExpressionError(expression) from error
    length = max((len(series) for series in known.values()), default=1)
    found = _value(tree, known)
    return found if isinstance(found, list) else [found] * length


def _value(node: ast.AST, known: Mapping[str, Series]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _each(operator.sub, 0.0, _value(operand, known))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _each(_ARITHMETIC[type(op)], _value(left, known), _value(right, known))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return _each(_COMPARISONS[type(op)], _value(left, known), _value(right, known))
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _FUNCTIONS:
            return _FUNCTIONS[name](arguments, known)
    raise UnknownExpressionError(ast.unparse(node))


def _each(function: Callable[[Any, Any], float], left: Any, right: Any) -> Any:
    """Apply a function period by period; what is missing, or divided by zero, is missing."""
    if not isinstance(left, list) and not isinstance(right, list):
        return _one(function, left, right)
    length = len(left if isinstance(left, list) else right)
    lefts = left if isinstance(left, list) else [left] * length
    rights = right if isinstance(right, list) else [right] * length
    return [_one(function, *pair) for pair in zip(lefts, rights, strict=True)]


def _one(function: Callable[[Any, Any], float], left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    try:
        return float(function(left, right))
    except ZeroDivisionError:
        return None


def _fill(arguments: Sequence[ast.AST], known: Mapping[str, Series]) -> Series:
    series, filling = _value(arguments[0], known), arguments[1]
    if isinstance(filling, ast.Name) and filling.id == "REPEAT":
        filled: Series = []
        for value in series:
            filled.append(value if value is not None or not filled else filled[-1])
        return filled
    other = _value(filling, known)
    return [other if value is None else value for value in series]


def _if(arguments: Sequence[ast.AST], known: Mapping[str, Series]) -> Any:
    """Return IF(condition, value[, other])."""
    condition, *choices = (_value(argument, known) for argument in arguments)
    then, otherwise = choices[0], choices[1] if len(choices) > 1 else None
    if not isinstance(condition, list):
        return then if condition else otherwise
    pick = [then if isinstance(then, list) else [then] * len(condition)]
    pick.append(otherwise if isinstance(otherwise, list) else [otherwise] * len(condition))
    return [
        None if truth is None else (first if truth else second)
        for truth, first, second in zip(condition, *pick, strict=True)
    ]


def _over(function: Callable[[list[float]], float]) -> Callable[[Sequence[ast.AST], Mapping[str, Series]], Any]:
    """Return SUM and the like: over several series period by period, over one all of it."""

    def apply(arguments: Sequence[ast.AST], known: Mapping[str, Series]) -> Any:
        (argument,) = arguments
        if not isinstance(argument, ast.List) and not _is_all_metrics(argument):
            present = [value for value in _value(argument, known) if value is not None]
            return function(present) if present else None
        several = (
            [_value(one, known) for one in argument.elts] if isinstance(argument, ast.List) else list(known.values())
        )
        length = max((len(series) for series in several if isinstance(series, list)), default=1)
        rows = zip(*(one if isinstance(one, list) else [one] * length for one in several), strict=True)
        kept = [[value for value in row if value is not None] for row in rows]
        return [function(row) if row else None for row in kept]

    return apply


def _is_all_metrics(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "METRICS"


_FUNCTIONS: Final[Mapping[str, Callable[[Sequence[ast.AST], Mapping[str, Series]], Any]]] = {
    "FILL": _fill,
    "IF": _if,
    "SUM": _over(sum),
    "MAX": _over(max),
    "MIN": _over(min),
    "AVG": _over(lambda values: sum(values) / len(values)),
}
