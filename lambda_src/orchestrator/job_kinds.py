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
    event: str | None
    """The detail-type of the event that tells of a new status; None where SageMaker sends none.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-sagemaker.html
    """


TRAINING: Final = JobKind("TrainingJob", "training job", 63, "SageMaker Training Job State Change")
TUNING: Final = JobKind(
    "HyperParameterTuningJob", "hyperparameter training job", 32, "SageMaker HyperParameter Tuning Job State Change"
)
AUTOPILOT: Final = JobKind("AutoMLJob", "Autopilot job", 32, None)
