# SPDX-License-Identifier: Apache-2.0
"""Contract of a job: its environment, as Model Monitor's container has it, read once.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from monitor_engine import numbers, windows
from monitor_engine.problems import EngineError
from monitor_engine.reader import Reader
from monitor_engine.storage import Folder, Location
from monitor_engine.windows import Window

DATA_QUALITY: Final = "DATA_QUALITY"
MODEL_QUALITY: Final = "MODEL_QUALITY"
MODEL_BIAS: Final = "MODEL_BIAS"
MODEL_EXPLAINABILITY: Final = "MODEL_EXPLAINABILITY"
TRAINING_DATA: Final = "TRAINING_DATA"
ANALYSES: Final = (DATA_QUALITY, MODEL_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY, TRAINING_DATA)
REGRESSION: Final = "Regression"
BINARY: Final = "BinaryClassification"
MULTICLASS: Final = "MulticlassClassification"
PROBLEMS: Final = (REGRESSION, BINARY, MULTICLASS)
CSV, JSON, CAPTURES = "csv", "json", "sagemakerCaptureJson"
PARTS: Final = ("endpointOutput", "endpointInput")
"""Parts of a capture in the order of their columns: the answer comes first, as the label in a baseline."""
_SCRIPTS: Final = ("record_preprocessor_script", "post_analytics_processor_script")
_EARLIER: Final = 6
"""Runs before, whose metrics a report may show."""
_MOST_VALIDATION: Final = 0.5
_DRIFT_METHODS: Final = ("", "LInfinity", "ChiSquared")


@dataclass(frozen=True)
class Format:
    """How a data set is stored."""

    kind: str
    """One of csv, json, sagemakerCaptureJson."""
    has_header: bool = False
    parts: tuple[str, ...] = PARTS
    """Of captures."""


@dataclass(frozen=True)
class Monitor:
    """Names of what is looked at, for metrics and the report; empty in a baseline."""

    endpoint: str = ""
    schedule: str = ""
    publishes_metrics: bool = False


@dataclass(frozen=True)
class Attributes:
    """Where predictions and labels stand: columns of a baseline, or positions or paths in what a model answers."""

    problem: str = ""
    """One of PROBLEMS."""
    inference: str = ""
    probability: str = ""
    threshold: float = 0.5
    """The probability from which on the positive label is predicted."""
    truth: str = ""
    features: str = ""
    """A path of JMESPath to the features in what a model is asked, of bias and of attribution."""
    truth_source: Location | None = None
    """Files of ground truth, in a run."""


@dataclass(frozen=True)
class Training:
    """Columns of training data, and how its rows are divided."""

    baseline: Path | None = None
    """The monitor's baseline, whose header names the columns in their order."""
    target: str = ""
    """The column with the labels; empty: the first one."""
    prediction: str = ""
    probability: str = ""
    """Columns with what the model answered; empty where the baseline has none."""
    validation_share: float = 0.2
    """Share of the rows that are held out."""


@dataclass(frozen=True)
class Asking:
    """How much an attribution asks the endpoint."""

    per_second: float = 50.0
    """Rows."""
    rows: int = 20_000
    """Of a run or a baseline, in all."""


@dataclass(frozen=True)
class Remote:
    """What is copied between S3 and this machine, before the analysis and after it."""

    sources: tuple[tuple[Folder, Path], ...] = ()
    """Objects, and the files that the analysis reads in their place."""
    target: Folder | None = None
    """Where the files of the output go."""
    kms_key: str = ""
    """Encrypts them; without it they are encrypted as their bucket says."""


@dataclass(frozen=True)
class Job:
    """A baseline, or with `constraints` a run."""

    analysis: str
    source: Location
    format: Format
    output: Path
    message: Path
    window: Window | None = None
    constraints: Path | None = None
    statistics: Path | None = None
    monitor: Monitor = field(default_factory=Monitor)
    ignored: tuple[str, ...] = ()
    """Features that are not checked: names, or positions from 0."""
    categorical_drift_method: str = ""
    """Empty: as the constraints say."""
    attributes: Attributes = field(default_factory=Attributes)
    configuration: Path | None = None
    """Clarify's analysis configuration, of bias and of attribution."""
    asking: Asking = field(default_factory=Asking)
    unreadable_share: float = 0.05
    """Share of the records that may be unreadable before the run fails."""
    remote: Remote = field(default_factory=Remote)
    earlier: tuple[Location, ...] = ()
    """Folders of the runs before, the newest first."""
    training: Training = field(default_factory=Training)
    """Of training data alone."""


def message_path(environment: Mapping[str, str]) -> Path:
    """Return the file of the exit message, which a job has even if nothing else of its environment is right."""
    return Path(environment.get("message_path", "").strip() or "/opt/ml/output/message")


def read(environment: Mapping[str, str], work: Path = Path("/opt/ml/processing/work")) -> Job:
    """Return the job that an environment describes; files of S3 have places below `work`.

    Raises EngineError with every problem.
    """
    reader = Reader(environment, work)
    nothing = Format(CSV)
    stored = reader.needed("dataset_format")
    reader.needed("dataset_source")
    reader.needed("output_path")
    output, target = reader.output(reader.tried(lambda: windows.folder_of(environment), ""))
    analysis = reader.one_of("analysis_type", ANALYSES, DATA_QUALITY)
    # Training data is compared with nothing.
    limits = ("", "") if analysis == TRAINING_DATA else ("baseline_constraints", "baseline_statistics")
    constraints, statistics = map(reader.path, limits)
    job = Job(
        analysis=analysis,
        source=reader.location("dataset_source") or Path(),
        format=reader.tried(lambda: _format(stored), nothing) if stored else nothing,
        output=output,
        message=message_path(environment),
        window=reader.tried(lambda: windows.of(environment), None),
        constraints=constraints,
        statistics=statistics,
        monitor=Monitor(
            endpoint=reader.text("sagemaker_endpoint_name"),
            schedule=reader.text("sagemaker_monitoring_schedule_name"),
            publishes_metrics=reader.text("publish_cloudwatch_metrics") == "Enabled",
        ),
        ignored=tuple(filter(None, re.split(r"\s*,\s*", reader.text("exclude_features_attribute")))),
        categorical_drift_method=reader.one_of("categorical_drift_method", _DRIFT_METHODS, ""),
        unreadable_share=reader.tried(
            lambda: numbers.share("unreadable_share", reader.text("unreadable_share", "0.05")), 0.05
        ),
        attributes=_attributes(reader),
        configuration=reader.path("analysis_config"),
        training=_training(reader) if analysis == TRAINING_DATA else Training(),
        earlier=reader.tried(lambda: tuple(map(reader.run, windows.folders_before(environment, _EARLIER))), ()),
        asking=Asking(
            reader.tried(
                lambda: numbers.at_least_one(
                    "predictor_rows_per_second", reader.text("predictor_rows_per_second", "50")
                ),
                50.0,
            ),
            int(
                reader.tried(
                    lambda: numbers.at_least_one("predictor_rows", reader.text("predictor_rows", "20000")), 20_000.0
                )
            ),
        ),
    )
    remote = Remote(tuple(reader.sources), target, reader.text("output_kms_key"))
    reader.problems += _lacking(job)
    for script in filter(reader.text, _SCRIPTS):
        reader.problems.append(f"{script} is set, and this engine runs no scripts: leave it out, or use Model Monitor")
    if job.format.kind == CAPTURES and job.window is None and stored and not reader.problems:
        reader.problems.append("captures need a window: give start_time and end_time")
    if reader.problems:
        raise EngineError(f"The environment of the job is not right: {'; '.join(dict.fromkeys(reader.problems))}.")
    return replace(job, remote=remote)


def _attributes(reader: Reader) -> Attributes:
    stated = reader.text("probability_threshold_attribute", "0.5")
    return Attributes(
        problem=reader.one_of("problem_type", ("", *PROBLEMS), ""),
        inference=reader.text("inference_attribute"),
        probability=reader.text("probability_attribute"),
        threshold=reader.tried(lambda: numbers.share("probability_threshold_attribute", stated), 0.5),
        truth=reader.text("ground_truth_attribute"),
        features=reader.text("features_attribute"),
        truth_source=reader.location("ground_truth_source"),
    )


def _training(reader: Reader) -> Training:
    share = reader.text("validation_share", "0.2")
    return Training(
        baseline=reader.path("baseline_data"),
        target=reader.text("target_column"),
        prediction=reader.text("prediction_column"),
        probability=reader.text("probability_column"),
        validation_share=reader.tried(lambda: numbers.share("validation_share", share, _MOST_VALIDATION), 0.2),
    )


def _lacking(job: Job) -> list[str]:
    """What a job needs beside what every job needs."""
    found = []
    if job.analysis in (MODEL_BIAS, MODEL_EXPLAINABILITY) and job.configuration is None:
        found.append("analysis_config is missing: say where Clarify's configuration is")
    is_compared = job.analysis in (MODEL_QUALITY, MODEL_BIAS) and job.constraints is not None
    if (is_compared or job.analysis == TRAINING_DATA) and job.attributes.truth_source is None:
        found.append("ground_truth_source is missing: say where the labels of the window are")
    if job.analysis == TRAINING_DATA and (job.configuration or job.training.baseline) is None:
        found.append("baseline_data is missing: say where the monitor's baseline is, whose header names the columns")
    return found + _lacking_of_quality(job) if job.analysis == MODEL_QUALITY else found


def _lacking_of_quality(job: Job) -> list[str]:
    found, given = [], job.attributes
    if not given.problem:
        found.append(f"problem_type is missing: give one of {', '.join(PROBLEMS)}")
    elif given.problem != BINARY and not given.inference and job.constraints is None:
        found.append("inference_attribute is missing: name the column of the predictions")
    elif given.problem == BINARY and not (given.inference or given.probability) and job.constraints is None:
        found.append("inference_attribute or probability_attribute is missing: name the column of the predictions")
    if job.constraints is None and not given.truth:
        found.append("ground_truth_attribute is missing: name the column of the labels")
    return found


def _format(text: str) -> Format:
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        raise EngineError(f"dataset_format is no JSON: {text[:80]!r}") from error
    kinds = [kind for kind in (CSV, JSON, CAPTURES) if isinstance(found, dict) and kind in found]
    if len(kinds) != 1:
        raise EngineError(f"dataset_format is {text[:80]!r}: give one of csv, json, sagemakerCaptureJson")
    settings = found[kinds[0]] if isinstance(found[kinds[0]], dict) else {}
    # The container accepts both "true" and true.
    has_header = str(settings.get("header", False)).lower() == "true"
    asked = settings.get("captureIndexNames", list(PARTS))
    parts = tuple(part for part in PARTS if part in asked)
    if not parts:
        raise EngineError(f"captureIndexNames has none of {', '.join(PARTS)}")
    return Format(kinds[0], has_header, parts)
