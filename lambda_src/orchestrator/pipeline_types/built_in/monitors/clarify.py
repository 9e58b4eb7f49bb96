# SPDX-License-Identifier: Apache-2.0
"""`byom_model_bias_monitor` and `byom_model_explainability_monitor`, by SageMaker Clarify (compatibility 3.8, 3.9).

Clarify reads its configuration from a file. The orchestrator stores one for the baseline and one for the schedule of
each stage beside the pipeline's package, named by a digest of the content and encrypted with the stage's key.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, StrictInt, StrictStr
from typing_extensions import override

from orchestrator.csv_headers import CsvFile, Header
from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.monitors import analysis, columns
from orchestrator.pipeline_types.built_in.monitors.analysis import Config, Dataset
from orchestrator.pipeline_types.built_in.monitors.parameters import (
    ModelBiasMonitorParameters,
    ModelExplainabilityMonitorParameters,
    OpenModelBiasMonitorParameters,
    OpenModelExplainabilityMonitorParameters,
)
from orchestrator.pipeline_types.built_in.monitors.predictions import GroundTruthMonitor, PredictionMonitor
from orchestrator.pipeline_types.built_in.monitors.sections import BiasConfig, PredictedLabel, Shap
from orchestrator.pipeline_types.built_in.monitors.stage_files import StageFiles
from orchestrator.plan import layout
from orchestrator.values import monitors
from orchestrator.values.common import EXPECT_KEYWORD, Expect
from orchestrator.values.per_stage import Stage, at

_FILE: Final = "analysis_config.json"
_OF_RUNS: Final = f"monitor/{_FILE}"


class ClarifyMonitor(PredictionMonitor):
    """A monitor by SageMaker Clarify."""

    image: ClassVar = "clarify"
    can_be_isolated: ClassVar = False

    label_attribute: Annotated[
        monitors.Attribute, Field(description="column of the baseline with the label; the first when left out")
    ] = ""
    features_attribute: Annotated[
        monitors.Attribute, Field(description="JSONPath of the features in captured data that is JSON Lines")
    ] = ""

    def configurations(self, launch: Launch, stage: Stage | None) -> tuple[Config, Config]:
        """Return Clarify's configurations for the baseline and for the schedule."""
        raise NotImplementedError

    @property
    def dataset(self) -> Dataset:
        """The columns of the baseline."""
        return Dataset(self.header, self.label_attribute or self.header[0])

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            "PipelinesBucket": launch.pipelines_bucket,
            "AnalysisPrefix": self._analysis(launch, stage).prefix,
        }

    @override
    def stage_files(self, launch: Launch, stage: Stage | None) -> Iterator[StageFiles]:
        yield self._analysis(launch, stage)
        yield from super().stage_files(launch, stage)

    @override
    def problems_with(self, headers: Mapping[CsvFile, Header]) -> Iterator[Problem]:
        yield from super().problems_with(headers)
        yield from columns.repeated("baseline_data", self.header)
        if self.label_attribute:
            yield from columns.unknown("label_attribute", self.label_attribute, self.header)

    @rule("model_name", "endpoint_name", "monitor_engine")
    def _configuration_is_found(self, launch: Launch) -> Iterator[Problem]:
        stage = max(self.stages(launch), key=lambda stage: len(stage or ""))
        longest = max(self.stack_names, key=len)
        files = StageFiles(launch.pipelines_bucket, longest, layout.ANALYSIS, stage, "", ())
        uri = f"s3://{launch.pipelines_bucket}/{files.prefix}/{_OF_RUNS}"
        yield from self.engine(launch).too_long("model_name", uri)

    def _analysis(self, launch: Launch, stage: Stage | None) -> StageFiles:
        names = (_FILE, _OF_RUNS)
        written = (analysis.content(config) for config in self.configurations(launch, stage))
        files = tuple(zip(names, written, strict=True))
        key = at(self.kms_key_arn, stage)
        return StageFiles(launch.pipelines_bucket, self.stack_name, layout.ANALYSIS, stage, key, files)


_BIAS_EXAMPLE: Final = {"label_values_or_threshold": [1], "facet_name": "my-column", "facet_values_or_threshold": [0]}


class ModelBiasMonitor(ClarifyMonitor, GroundTruthMonitor):
    """Watch whether an endpoint treats groups as evenly as its model did when it was tested."""

    postfix: ClassVar = "BYOMModelBiasMonitor"
    short_name: ClassVar = "bias"
    blueprint: ClassVar = "model_bias_monitor"
    kind: ClassVar = "modelbias"
    parameters_type: ClassVar = ModelBiasMonitorParameters
    open_parameters_type: ClassVar = OpenModelBiasMonitorParameters

    pipeline_type: Literal["byom_model_bias_monitor"]
    bias_config: Annotated[
        BiasConfig,
        Field(
            description="which groups are compared, and what is a good outcome: label_values_or_threshold, facet_name, "
            "facet_values_or_threshold, group_name",
            examples=[_BIAS_EXAMPLE],
            json_schema_extra={EXPECT_KEYWORD: "an object"},
        ),
    ]
    model_predicted_label_config: Annotated[
        PredictedLabel | None,
        Field(
            description="how the model's answers become labels: label, probability, probability_threshold, "
            "label_headers; Clarify decides when left out",
            examples=[{"probability_threshold": 0.5}],
            json_schema_extra={EXPECT_KEYWORD: "an object"},
        ),
    ] = None

    @override
    def configurations(self, launch: Launch, stage: Stage | None) -> tuple[Config, Config]:
        predicted = self.model_predicted_label_config or PredictedLabel()
        endpoint = self._endpoint(stage)
        return (
            analysis.bias_baseline(self.dataset, self.bias_config, predicted, endpoint),
            analysis.bias_schedule(self.dataset, self.bias_config),
        )

    @override
    def problems_with(self, headers: Mapping[CsvFile, Header]) -> Iterator[Problem]:
        yield from super().problems_with(headers)
        bias = self.bias_config
        for place, column in enumerate(bias.facets):
            key = "bias_config.facet_name"
            yield from columns.unknown(key if len(bias.facets) == 1 else f"{key}.{place}", column, self.header)
        if bias.group_name is not None:
            yield from columns.unknown("bias_config.group_name", bias.group_name, self.header)

    @rule("bias_config")
    def _bias_config_fits(self, _: Launch) -> Iterator[Problem]:
        yield from self.bias_config.problems()

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.problem_type != "Regression" and self.model_predicted_label_config is None:
            yield (
                "model_predicted_label_config is left out: Clarify decides where the label is in the model's answers, "
                "and from which probability on it is positive"
            )


class ModelExplainabilityMonitor(ClarifyMonitor):
    """Watch whether the features still count for an endpoint's predictions as they did when its model was tested."""

    postfix: ClassVar = "BYOMModelExplainabilityMonitor"
    short_name: ClassVar = "explainability"
    blueprint: ClassVar = "model_explainability_monitor"
    kind: ClassVar = "modelexplainability"
    parameters_type: ClassVar = ModelExplainabilityMonitorParameters
    open_parameters_type: ClassVar = OpenModelExplainabilityMonitorParameters

    pipeline_type: Literal["byom_model_explainability_monitor"]
    shap_config: Annotated[
        Shap,
        Field(
            description="how SHAP values are computed: baseline, num_samples, agg_method, use_logit, "
            "save_local_shap_values, seed, num_clusters, features_to_explain",
            examples=[{"num_clusters": 1, "num_samples": 100, "agg_method": "mean_abs"}],
            json_schema_extra={EXPECT_KEYWORD: "an object"},
        ),
    ]
    model_scores: Annotated[
        StrictInt | StrictStr | None,
        Field(description="index or JSONPath of the scores in the model's answer, for the baseline"),
        Expect("an index or a JSONPath", example="0"),
    ] = None

    @override
    def configurations(self, launch: Launch, stage: Stage | None) -> tuple[Config, Config]:
        method = analysis.shap_method(self.shap_config, self.dataset, launch.assets_bucket)
        endpoint = self._endpoint(stage)
        return (
            analysis.shap_baseline(self.dataset, method, endpoint, self.model_scores),
            analysis.shap_schedule(self.dataset, method, endpoint),
        )

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {**super().values(launch, stage), "ShapBaselineKey": self._shap_file}

    @override
    def csv_files(self, launch: Launch) -> tuple[CsvFile, ...]:
        files = super().csv_files(launch)
        if not self._shap_file:
            return files
        return (*files, CsvFile("shap_config.baseline", launch.assets_bucket, self._shap_file, has_rows=False))

    @override
    def problems_with(self, headers: Mapping[CsvFile, Header]) -> Iterator[Problem]:
        yield from super().problems_with(headers)
        features = self.dataset.features
        for place, column in enumerate(self.shap_config.features_to_explain or []):
            key = f"shap_config.features_to_explain.{place}"
            yield from columns.unknown(key, column, features, "the baseline's features")
        yield from self._rows_of_another_shape(headers, features)

    def _rows_of_another_shape(self, headers: Mapping[CsvFile, Header], features: Header) -> Iterator[Problem]:
        key = "shap_config.baseline"
        found = next((header for file, header in headers.items() if file.request_key == key), None)
        given = self.shap_config.baseline
        if isinstance(given, dict):
            for name in given.keys() - set(features):
                yield from columns.unknown(f"{key}.{name}", name, features, "the baseline's features")
            for name in features:
                if name not in given:
                    yield Problem(f"{key}.{name}", "is missing: give a value for every feature")
            return
        rows = [found] if found is not None else given if isinstance(given, list) else []
        for place, row in enumerate(rows):
            if len(row) != len(features):
                where = key if found is not None else f"{key}.{place}"
                yield Problem(
                    where,
                    f"a row has {len(row)} values and must have {len(features)}, one for each feature and none for the "
                    f"label: {columns.listed(features)}",
                )

    @property
    def _shap_file(self) -> str:
        return self.shap_config.baseline if isinstance(self.shap_config.baseline, str) else ""

    @rule("shap_config")
    def _one_baseline(self, _: Launch) -> Iterator[Problem]:
        shap = self.shap_config
        if shap.baseline is not None and shap.num_clusters is not None:
            yield Problem("shap_config.num_clusters", "cannot go together with baseline: give one of the two")
        if isinstance(shap.baseline, list) and not shap.baseline:
            yield Problem("shap_config.baseline", "must have one row at least")
