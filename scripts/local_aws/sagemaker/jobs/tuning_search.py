# SPDX-License-Identifier: Apache-2.0
"""Work of a tuning job: start training jobs with values from its ranges, a few at a time, and find the best.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.exceptions import SagemakerClientError

from scripts.local_aws.sagemaker.jobs import tuning_ranges
from scripts.local_aws.sagemaker.jobs.job_records import THREADS, Job, JobFailedError
from scripts.local_aws.sagemaker.jobs.training_jobs import TrainingJob
from scripts.local_aws.sagemaker.jobs.tuning_ranges import Values

# Each trains in a process of its own on one machine.
_MOST_PARALLEL = 2
# SageMaker stops if the first few training jobs have all failed.
_ATTEMPTS = 5
_OBJECTIVE_METRIC = "_tuning_objective_metric"
_DEFINITION_ONLY = {
    "DefinitionName", "TuningObjective", "HyperParameterRanges", "StaticHyperParameters", "ResourceConfig",
    "HyperParameterTuningResourceConfig",
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """Training job of a tuning job, with the values that it tries; `objective` is the metric that decides."""

    job: TrainingJob
    values: Values
    objective: Mapping[str, str]

    @property
    def score(self) -> float | None:
        """Final value of the objective metric; None before the end, and if the job does not report it."""
        value = self.job.metrics.get(self.objective["MetricName"])
        return value if self.job.status == "Completed" and value is not None and math.isfinite(value) else None

    @property
    def objective_status(self) -> str:
        """`Succeeded`, `Pending` or `Failed`, as SageMaker counts."""
        if not self.job.is_over:
            return "Pending"
        return "Failed" if self.score is None else "Succeeded"

    def summary(self) -> dict[str, Any]:
        """Return the training job as in BestTrainingJob and the list of a tuning job's training jobs."""
        record = self.job.record()
        told = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime")
        summary = {name: record[name] for name in (*told, "TrainingJobStatus", "FailureReason") if name in record}
        summary |= {"TunedHyperParameters": dict(self.values), "ObjectiveStatus": self.objective_status}
        if self.score is not None:
            metric = dict(self.objective) | {"Value": self.score}
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = metric
        return summary


def best(trials: list[Trial]) -> Trial | None:
    """Return the trial with the best score; of equal ones, the earliest."""
    scored = [(trial, trial.score) for trial in trials if trial.score is not None]
    if not scored:
        return None
    sign = -1 if scored[0][0].objective["Type"] == "Maximize" else 1
    return min(scored, key=lambda each: sign * each[1])[0]


@dataclass(frozen=True)
class Search:
    """Work of one tuning job; `start` starts a training job from its request, `stop` stops one by its name."""

    job: Job
    trials: list[Trial]
    start: Callable[[Mapping[str, Any]], TrainingJob]
    stop: Callable[[str], None]

    def run(self) -> None:
        """Try values until enough training jobs have ended. Raise JobFailedError, JobStoppedError."""
        limits = self._config["ResourceLimits"]
        parallel = min(limits["MaxParallelTrainingJobs"], _MOST_PARALLEL)
        proposed = tuning_ranges.proposals(self._config["ParameterRanges"], self._config["Strategy"], self._seed())
        planned = itertools.islice(proposed, limits.get("MaxNumberOfTrainingJobs"))
        for number, values in enumerate(planned, 1):
            self._wait_until(lambda: len(self._running()) < parallel)
            if self._is_hopeless():
                break
            self._start(number, values)
        self._wait_until(lambda: not self._running())
        self._check_outcome()

    def _start(self, number: int, values: Values) -> None:
        request = training_request(self.job.request, number, values)
        try:
            started = self.start(request)
        except SagemakerClientError as error:
            self._wait_until(lambda: not self._running())
            name = request["TrainingJobName"]
            raise JobFailedError(f"The training job {name} was refused: {error.message}") from error
        with THREADS.changed:
            self.trials.append(Trial(started, values, self._config["HyperParameterTuningJobObjective"]))

    def _wait_until(self, come_true: Callable[[], bool]) -> None:
        """Wait for a condition. If this job is stopped, stop its training jobs, wait, and raise JobStoppedError."""
        with THREADS.changed:
            THREADS.changed.wait_for(lambda: come_true() or self.job.told_to_stop())
            if self.job.told_to_stop():
                for trial in self._running():
                    if trial.job.status == "InProgress":
                        self.stop(trial.job.name)
                THREADS.changed.wait_for(lambda: not self._running())
        self.job.stop_if_told()

    def _running(self) -> list[Trial]:
        return [trial for trial in self.trials if not trial.job.is_over]

    def _is_hopeless(self) -> bool:
        statuses = [trial.job.status for trial in self.trials]
        return "Completed" not in statuses and statuses.count("Failed") >= _ATTEMPTS

    def _check_outcome(self) -> None:
        if best(self.trials):
            return
        completed = any(trial.job.status == "Completed" for trial in self.trials)
        if completed:
            metric = self.trials[0].objective["MetricName"]
            reported = sorted({name for trial in self.trials for name in trial.job.metrics})
            raise JobFailedError(
                f"No training job reported the objective metric {metric}. They reported {', '.join(reported)}: choose "
                "one of these, or add the channel and the eval_metric that it comes from."
            )
        raise JobFailedError(
            f"No training job succeeded after {len(self.trials)} attempts. Please take a look at the training job "
            f"failures to get more details. (The first one: {self.trials[0].job.failure_reason})"
        )

    def _seed(self) -> int:
        given = self._config.get("RandomSeed")
        return int(given) if given is not None else int(_digest(self.job.name), 16)

    @property
    def _config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self.job.request["HyperParameterTuningJobConfig"]
        return config


def training_request(request: Mapping[str, Any], number: int, values: Values) -> dict[str, Any]:
    """Return CreateTrainingJob's request for the training job of this number, from that of the tuning job."""
    definition = request["TrainingJobDefinition"]
    metric = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
    name = request["HyperParameterTuningJobName"]
    return {
        **{key: value for key, value in definition.items() if key not in _DEFINITION_ONLY},
        "TrainingJobName": f"{name}-{number:03}-{_digest(name, str(number))}",
        # SageMaker sets the metric that its own algorithms report in this way.
        "HyperParameters": {**definition.get("StaticHyperParameters", {}), **values, _OBJECTIVE_METRIC: metric},
        "ResourceConfig": _resources(definition),
        "Tags": list(request.get("Tags") or []),
    }


def _resources(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a training job's ResourceConfig; of several instance types to choose from, the first."""
    given = definition.get("HyperParameterTuningResourceConfig") or definition["ResourceConfig"]
    resources = {name: value for name, value in given.items() if name not in ("InstanceConfigs", "AllocationStrategy")}
    return {**(given.get("InstanceConfigs") or [{}])[0], **resources}


def _digest(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:8]
