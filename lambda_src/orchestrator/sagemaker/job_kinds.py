# SPDX-License-Identifier: Apache-2.0
"""The kinds of SageMaker jobs that pipelines start, as SageMaker's API and events name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class JobKind:
    """One kind of job."""

    noun: str
    """As in the names of the API's operations and fields: `TrainingJob`."""
    words: str
    """As people call it."""
    longest_name: int
    resource: str
    """As in ARNs: `training-job`."""
    event: str | None
    """The detail-type of the event that tells of a new status; None where SageMaker sends none.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-sagemaker.html
    """
    output: str
    """The output of a blueprint's stack that names the job of the deployment, by its name or ARN.

    `GET /pipelines/{id}` shows the job that such an output names.
    """


TRAINING: Final = JobKind(
    "TrainingJob", "training job", 63, "training-job", "SageMaker Training Job State Change", "TrainingJobName"
)
TUNING: Final = JobKind(
    "HyperParameterTuningJob",
    "hyperparameter training job",
    32,
    "hyper-parameter-tuning-job",
    "SageMaker HyperParameter Tuning Job State Change",
    "TuningJobName",
)
AUTOPILOT: Final = JobKind("AutoMLJob", "Autopilot job", 32, "automl-job", None, "AutopilotJobName")
TRANSFORM: Final = JobKind(
    "TransformJob",
    "transform job",
    63,
    "transform-job",
    "SageMaker Transform Job State Change",
    "BatchTransformJobName",
)
PROCESSING: Final = JobKind(
    "ProcessingJob", "processing job", 63, "processing-job", "SageMaker Processing Job State Change", "BaselineJobArn"
)
ALL: Final = (TRAINING, TUNING, AUTOPILOT, TRANSFORM, PROCESSING)

ENDED: Final = ("Completed", "Failed", "Stopped")
"""The statuses of a job that has ended, whatever its kind."""
