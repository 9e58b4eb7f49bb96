# SPDX-License-Identifier: Apache-2.0
"""Kinds of SageMaker jobs that pipelines start, with their names in SageMaker's API and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class JobKind:
    """A kind of job."""

    noun: str
    """Noun in the names of the API's operations and fields: `TrainingJob`."""
    words: str
    """Name in messages."""
    longest_name: int
    resource: str
    """Resource type in ARNs: `training-job`."""
    event: str | None
    """Detail type of the event for a new status; `None` if SageMaker sends no such event.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-sagemaker.html
    """
    output: str
    """Output of a deployment stack with the name or ARN of the job that the deployment started.

    `GET /pipelines/{id}` shows this job.
    """
    console: str = ""
    """Page of the AWS console that has the job; empty if only SageMaker Studio has one."""
    children: tuple[str, ...] = ()
    """Nouns of the jobs that it makes, whose names begin with its own."""

    @property
    def log_groups(self) -> tuple[str, ...]:
        """Log groups of it or its children, in streams that begin with its name.

        https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
        """
        return tuple(f"/aws/sagemaker/{noun}s" for noun in self.children or (self.noun,))


TRAINING: Final = JobKind(
    "TrainingJob", "training job", 63, "training-job", "SageMaker Training Job State Change", "TrainingJobName", "jobs"
)
TUNING: Final = JobKind(
    "HyperParameterTuningJob",
    "hyperparameter training job",
    32,
    "hyper-parameter-tuning-job",
    "SageMaker HyperParameter Tuning Job State Change",
    "TuningJobName",
    "hyper-tuning-jobs",
    children=("TrainingJob",),
)
AUTOPILOT: Final = JobKind(
    "AutoMLJob",
    "Autopilot job",
    32,
    "automl-job",
    None,
    "AutopilotJobName",
    children=("ProcessingJob", "TrainingJob", "TransformJob"),
)
TRANSFORM: Final = JobKind(
    "TransformJob",
    "transform job",
    63,
    "transform-job",
    "SageMaker Transform Job State Change",
    "BatchTransformJobName",
    "transform-jobs",
)
PROCESSING: Final = JobKind(
    "ProcessingJob",
    "processing job",
    63,
    "processing-job",
    "SageMaker Processing Job State Change",
    "BaselineJobArn",
    "processing-jobs",
)
ALL: Final = (TRAINING, TUNING, AUTOPILOT, TRANSFORM, PROCESSING)

ENDED: Final = ("Completed", "Failed", "Stopped")
"""Statuses of a job that has ended, of any kind."""


def in_words(words: str) -> JobKind:
    """Return the kind of that name in messages."""
    return next(kind for kind in ALL if kind.words == words)
