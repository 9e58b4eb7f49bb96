# SPDX-License-Identifier: Apache-2.0
"""Sections of a request that become Clarify's configuration (compatibility 3.8, 3.9).

Their members are named as in the SageMaker Python SDK's `BiasConfig`, `ModelPredictedLabelConfig` and `SHAPConfig`.
https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from orchestrator.errors import Problem
from orchestrator.values import training
from orchestrator.values.common import NUMBER, Expect
from orchestrator.values.monitors import Column, Scalar

_Rows = list[list[Scalar]]
_Whole = Annotated[int, Field(ge=1), NUMBER]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class BiasConfig(_Section):
    """Which groups are compared, and what is a good answer for them."""

    label_values_or_threshold: Annotated[
        list[Scalar],
        Field(min_length=1, description="values of the label, or a threshold, that are the good outcome"),
        Expect("a list of values, or of one threshold"),
    ]
    facet_name: Annotated[
        Column | list[Column],
        Field(description="column whose values tell the groups apart, by name or index, or a list of such columns"),
        Expect("the name or index of a column, or a list of them"),
    ]
    facet_values_or_threshold: Annotated[
        list[Scalar] | list[list[Scalar]] | None,
        Field(description="values, or a threshold, of the group to compare; lists of them when facet_name is a list"),
        Expect("a list of values, or of one threshold, and a list of such lists when facet_name is a list"),
    ] = None
    group_name: Annotated[
        Column | None,
        Field(description="column whose groups are compared for conditional demographic disparity"),
        Expect("the name or index of a column"),
    ] = None

    @property
    def facets(self) -> list[Column]:
        """The columns that define the groups."""
        return _listed(self.facet_name)

    @property
    def facet_values(self) -> list[Any]:
        """The values for each of these columns; `None` for one without."""
        given = self.facet_values_or_threshold
        if given is None:
            return [None] * len(self.facets)
        return given if isinstance(self.facet_name, list) else [given]

    def problems(self) -> Iterator[Problem]:
        """Yield conflicts between its members."""
        key = "bias_config.facet_values_or_threshold"
        given, is_list = self.facet_values_or_threshold, isinstance(self.facet_name, list)
        if is_list and not self.facets:
            yield Problem("bias_config.facet_name", "must name one column at least")
        if given is None:
            return
        nested = any(isinstance(value, list) for value in given)
        if is_list and not nested:
            yield Problem(key, "must be a list of lists, one for each column in facet_name")
        elif nested and not is_list:
            yield Problem(key, "must be a list of values: facet_name is one column")
        elif is_list and len(given) != len(self.facets):
            yield Problem(
                key, f"must have {len(self.facets)} lists, as many as facet_name has columns; got {len(given)}"
            )


class PredictedLabel(_Section):
    """How the model's answers become labels."""

    label: Annotated[
        Column | None,
        Field(description="index or JSONPath of the label in the model's answer"),
        Expect("an index or a JSONPath"),
    ] = None
    probability: Annotated[
        Column | None,
        Field(description="index or JSONPath of the probabilities in the model's answer"),
        Expect("an index or a JSONPath"),
    ] = None
    probability_threshold: Annotated[
        float | None,
        Field(ge=0, le=1, description="probability from which on the answer is positive"),
        NUMBER,
        Expect("a number from 0 to 1"),
    ] = None
    label_headers: Annotated[
        list[Scalar] | None,
        Field(description="values of the label, in the order of their probabilities"),
        Expect("a list of values"),
    ] = None


class Shap(_Section):
    """How SHAP values are computed."""

    baseline: Annotated[
        StrictStr | _Rows | dict[str, Scalar] | None,
        Field(description="rows of features to compare with, an object of them, or the key of a CSV file with them"),
        Expect("a list of rows, an object, or the key of a CSV file in the assets bucket"),
    ] = None
    num_samples: Annotated[
        _Whole | None,
        Field(description="number of samples; Clarify decides when left out"),
        Expect("a whole number, 1 at least"),
    ] = None
    agg_method: Annotated[
        Literal["mean_abs", "median", "mean_sq"] | None,
        Field(description="how the values of records become one"),
        Expect("mean_abs, median or mean_sq"),
    ] = None
    use_logit: Annotated[training.Flag, Field(description="whether values are in log-odds units")] = False
    save_local_shap_values: Annotated[
        training.Flag, Field(description="whether the values of each record are kept")
    ] = True
    seed: Annotated[
        int | None,
        NUMBER,
        Field(description="makes the result repeatable"),
        Expect("a whole number"),
    ] = None
    num_clusters: Annotated[
        _Whole | None,
        Field(description="clusters of the data set to compute a baseline from, in place of baseline"),
        Expect("a whole number, 1 at least"),
    ] = None
    features_to_explain: Annotated[
        list[Column] | None,
        Field(min_length=1, description="columns to explain, by name or index; all when left out"),
        Expect("a list of names or indexes of columns"),
    ] = None
