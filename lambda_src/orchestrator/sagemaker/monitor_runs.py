# SPDX-License-Identifier: Apache-2.0
"""Names of monitors' runs and of their ends: SageMaker's, and those of jobs that the open engine's monitors start."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

DETAIL_TYPE: Final = "SageMaker Processing Job State Change"
VIOLATIONS: Final = "CompletedWithViolations"
"""Prefix of the exit message of a run that has found violations.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html
"""
KINDS: Final = {
    "dataquality": "data quality",
    "modelquality": "model quality",
    "modelbias": "bias",
    "modelexplainability": "explainability",
}
"""Kind in the name of a schedule -> its name in words."""
JOBS: Final = "mlops-monitor-"
"""Beginning of the names of the open engine's runs; eight digits of the id of the monitor's stack follow."""
DATA_JOBS: Final = "mlops-retrain-"
"""Beginning of the names of jobs that make training data of what a monitor has merged; the same digits follow."""
MERGED: Final = "retraining/"
"""Folder of the assets bucket with training data of what monitors have merged; below it a folder for each monitor."""
_RUN_DIGITS: Final = 12
_DATA_JOB: Final = re.compile(rf"{DATA_JOBS}[0-9a-f]{{8}}-[0-9a-f]{{{_RUN_DIGITS}}}")
_JOB: Final = re.compile(rf"{JOBS}[0-9a-f]{{8}}-[a-zA-Z0-9-]+")
STATUSES: Final = {"Pending": "InProgress", "Stopping": "InProgress"}
"""SageMaker's status -> that of a run, where they differ."""
# How SageMaker hands on what a job's code has written before it failed.
_FAILURE: Final = re.compile(r"AlgorithmError: (?P<sentence>.+), exit code: [0-9]+", re.DOTALL)
_SENTENCE: Final = re.compile(rf"{VIOLATIONS}: [^.]*\.\s*")


def is_run(job: str) -> bool:
    """True if a processing job of that name is a run of the open engine."""
    return _JOB.fullmatch(job) is not None


def jobs_of(stack_arn: str) -> str:
    """Return the beginning of the names of a monitor's runs; its deployed stack has this ARN."""
    return f"{JOBS}{stack_arn.rsplit('/', 1)[1].split('-', 1)[0]}-"


def data_job(stack_arn: str, run: str) -> str:
    """Return the name of the job that makes training data because of a run: another for each run, and no second one."""
    digits = hashlib.sha256(run.encode()).hexdigest()[:_RUN_DIGITS]
    return f"{jobs_of(stack_arn).replace(JOBS, DATA_JOBS, 1)}{digits}"


def is_data_job(job: str) -> bool:
    """True if a processing job of that name makes training data."""
    return _DATA_JOB.fullmatch(job) is not None


def kind_in(name: str) -> str:
    """Return the kind of a monitor in words, by the name of its schedule or its pipeline; empty if neither tells it."""
    return next((words for kind, words in KINDS.items() if kind in name), "")


def outcome(status: str, words: str) -> str:
    """Return the status of a run, of its job's status and exit message."""
    if status == "Completed" and words.startswith(VIOLATIONS):
        return VIOLATIONS
    return STATUSES.get(status, status)


def said(job: Mapping[str, Any]) -> str:
    """Return what a job says, or the event of its end: of a failure the reason, else the exit message."""
    reason = job.get("FailureReason") or ""
    failure = _FAILURE.fullmatch(reason)
    return failure["sentence"] if failure else reason or job.get("ExitMessage") or ""


def findings(words: str) -> str:
    """Return what an exit message says after its first sentence: features, by how much, and thresholds."""
    return _SENTENCE.sub("", words, count=1) if words.startswith(VIOLATIONS) else ""
