# SPDX-License-Identifier: Apache-2.0
"""Case to be decided: what a run has found, what its monitor's request says, and the pipeline that would train."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.automation import retrainings
from orchestrator.automation.instructions import Retrain
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.errors import NotFoundError, RefusedRequestError
from orchestrator.events.retraining.decision import Findings, Limits
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.training.job_types import kinds_by_type
from orchestrator.provisioned import lookup, pipeline_stacks
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.sagemaker.job_kinds import JobKind


@dataclass(frozen=True)
class Asked:
    """A run that asks for a retraining, and on which conditions."""

    monitor: str
    """Common name of the monitor's pipeline."""
    run: str
    """Name of the run's job."""
    saw_until: datetime
    report: str
    findings: Findings
    retrain: Retrain

    @property
    def monitor_name(self) -> str:
        """Name of the monitor for people, which the command line takes, too."""
        _, label = pipeline_stacks.type_and_label(self.monitor)
        return pipeline_stacks.deployed_as(self.monitor, label).short_name


@dataclass(frozen=True)
class Training:
    """A pipeline that trains."""

    pipeline: Pipeline
    stack: Stack
    kind: JobKind

    @property
    def common_name(self) -> str:
        """Common name of the pipeline."""
        return self.pipeline.common_name

    def job_of(self, run: str) -> str:
        """Return the name of the job that a run has it start."""
        return retrainings.job_name(self.pipeline.label, self.kind.longest_name, run)


@dataclass(frozen=True)
class Data:
    """Data that was written for a retraining; keys in the assets bucket."""

    rows: int
    training: str
    validation: str
    """Empty without validation data."""
    baseline: str


@dataclass(frozen=True)
class Case:
    """Everything that a decision is about."""

    asked: Asked
    training: Training
    now: datetime
    data: Data | None = None
    """What was written for it, once it is."""

    @property
    def job(self) -> str:
        """Name of the job that would train."""
        return self.training.job_of(self.asked.run)

    @property
    def limits(self) -> Limits:
        """What the monitor's request allows."""
        retrain = self.asked.retrain
        return Limits(
            on=frozenset(retrain.on),
            cooldown=retrain.cooldown_time,
            max_per_week=retrain.max_per_week,
            is_merged=retrain.data == "merged",
        )


def training_of(retrain: Retrain, settings: Settings) -> Training | str:
    """Return the training pipeline that a monitor's request names, or why there is none, in a sentence."""
    try:
        found = lookup.find_training(retrain.pipeline, settings.launch)
    except (NotFoundError, RefusedRequestError) as error:
        problems = error.listed if isinstance(error, RefusedRequestError) else ()
        return " ".join(problem.problem for problem in problems) or str(error)
    if found.stack is None or found.removal is not None:
        return f"{found.pipeline.short_name} is being deleted."
    return Training(found.pipeline, found.stack, kinds_by_type(BUILT_IN)[found.pipeline.type_name])
