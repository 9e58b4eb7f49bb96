# SPDX-License-Identifier: Apache-2.0
"""The metrics of an evaluation: numbers, texts and booleans, graphs, charts and matrices (compatibility 5.1).

https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards-json-schema.html: `simple_metric`, `linear_graph_metric`,
`bar_chart_metric` and `matrix_metric`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from orchestrator.model_cards.fields import LongText, MetricName, Title, is_number
from orchestrator.model_cards.sections import Section
from orchestrator.values.common import Expect

LONGEST_TEXT: Final = 63
"""Characters of a metric's text or of an axis's name."""
LONGEST_MATRIX: Final = 20
"""Rows of a matrix, and numbers in a row."""
_ONE_NAME: Final = f"a text of {LONGEST_TEXT} characters at most"
_NAMES: Final = f"a list of texts of {LONGEST_TEXT} characters at most"


@dataclass(frozen=True)
class Kind:
    """A type of metric: a check of its value, its description, and the axes with a name for each value."""

    is_value: Callable[[Any], bool]
    value: str
    named_by_value: frozenset[str] = frozenset()


def _is_matrix(value: Any) -> bool:
    return _are(_is_row, value, LONGEST_MATRIX)


def _is_row(value: Any) -> bool:
    return _are(is_number, value, LONGEST_MATRIX)


def _is_point(value: Any) -> bool:
    return _are(is_number, value, 2) and len(value) == 2


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _are(kind: Callable[[Any], bool], value: Any, most: int | None = None) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= (most or len(value)) and all(map(kind, value))


_KINDS: Final = {
    "number": Kind(is_number, "a number"),
    "string": Kind(_is_text, _ONE_NAME),
    "boolean": Kind(lambda value: isinstance(value, bool), "true or false"),
    "linear_graph": Kind(lambda value: _are(_is_point, value), "a list of points, each a list of two numbers"),
    "bar_chart": Kind(lambda value: _are(is_number, value), "a list of numbers", frozenset({"x_axis_name"})),
    "matrix": Kind(
        _is_matrix,
        f"a list of {LONGEST_MATRIX} rows at most, each a list of {LONGEST_MATRIX} numbers at most",
        frozenset({"x_axis_name", "y_axis_name"}),
    ),
}
MetricType = Annotated[
    Literal["number", "string", "boolean", "linear_graph", "bar_chart", "matrix"],
    Expect("number, string, boolean, linear_graph, bar_chart or matrix"),
]


class Metric(Section):
    """One result of an evaluation."""

    name: Annotated[MetricName, Field(description="name of the metric")]
    type: Annotated[MetricType, Field(description="what its value is")]
    value: Annotated[Any, Field(description="its value, as its type says")]
    notes: Annotated[LongText | None, Field(description="anything else about it")] = None
    x_axis_name: Annotated[Any, Field(description="name of the x axis, or a name for each of its values")] = None
    y_axis_name: Annotated[Any, Field(description="name of the y axis, or a name for each of its values")] = None

    @field_validator("value")
    @classmethod
    def _as_its_type_says(cls, value: Any, info: ValidationInfo) -> Any:
        kind = _KINDS.get(info.data.get("type", ""))
        if kind and not kind.is_value(value):
            raise _unfit(kind.value, info)
        return value

    @field_validator("x_axis_name", "y_axis_name")
    @classmethod
    def _named_as_its_type_says(cls, value: Any, info: ValidationInfo) -> Any:
        kind = _KINDS.get(info.data.get("type", ""))
        if kind is None or value is None:
            return value
        if info.field_name in kind.named_by_value:
            if not (isinstance(value, list) and all(map(_is_text, value))):
                raise _unfit(_NAMES, info)
        elif not _is_text(value):
            raise _unfit(_ONE_NAME, info)
        return value


def _unfit(words: str, info: ValidationInfo) -> PydanticCustomError:
    return PydanticCustomError(
        "unfit_for_type", "must be {words} in a metric of type {type}", {"words": words, "type": info.data["type"]}
    )


class MetricGroup(Section):
    """Metrics that belong together."""

    name: Annotated[Title, Field(description="name of the group")]
    metric_data: Annotated[list[Metric], Field(description="the metrics")]


class MetricGroups(Section):
    """What a file with metrics comes down to: the form of `model_card_metric_schema`."""

    metric_groups: Annotated[list[MetricGroup], Field(description="groups of metrics")]
