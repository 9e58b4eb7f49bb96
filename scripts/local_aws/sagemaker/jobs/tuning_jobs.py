# SPDX-License-Identifier: Apache-2.0
"""SageMaker's hyper-parameter tuning jobs: checked on creation, run on a thread, reported to EventBridge.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ResourceNotFound, ValidationError

from scripts.local_aws.sagemaker.jobs import job_lists, tuning_ranges
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_records import THREADS, Job, JobKind
from scripts.local_aws.sagemaker.jobs.training_jobs import TRAINING_JOB, TrainingJobs, check_training
from scripts.local_aws.sagemaker.jobs.tuning_ranges import RangeError
from scripts.local_aws.sagemaker.jobs.tuning_search import Search, Trial, best

TUNING_JOB = JobKind(
    noun="HyperParameterTuningJob",
    store="hyper_parameter_tuning_jobs",
    arn="hyper-parameter-tuning-job",
    event="SageMaker HyperParameter Tuning Job State Change",
    started="",
    ended="HyperParameterTuningEndTime",
    listed=Order("Name", "Ascending"),
    unknown="Amazon SageMaker can't find a tuning job called {name}. Type another name.",
    unknown_error=ResourceNotFound,
    taken="A hyperparameter tuning job with the name, {name}, already exists. Choose a different name.",
)
_NOT_BUILT = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_BY_SCORE = "FinalObjectiveMetricValue"


@dataclass
class TuningJob(Job):
    """Tuning job, and the training jobs that it has started, in order."""

    kind: ClassVar[JobKind] = TUNING_JOB
    trials: list[Trial] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """Return the members of descriptions and lists that the request lacks, or has inside its configuration."""
        config = self.request["HyperParameterTuningJobConfig"]
        winner = best(self.trials)
        return super().state() | {
            "Strategy": config["Strategy"],
            "ResourceLimits": config["ResourceLimits"],
            "TrainingJobStatusCounters": self._status_counters(),
            "ObjectiveStatusCounters": self._objective_counters(),
            "BestTrainingJob": winner.summary() if winner else None,
        }

    def _status_counters(self) -> dict[str, int]:
        counted = Counter(trial.job.status for trial in self.trials)
        return {
            "Completed": counted["Completed"],
            "InProgress": counted["InProgress"] + counted["Stopping"],
            "RetryableError": 0,
            "NonRetryableError": counted["Failed"],
            "Stopped": counted["Stopped"],
        }

    def _objective_counters(self) -> dict[str, int]:
        counted = Counter(trial.objective_status for trial in self.trials)
        return {status: counted[status] for status in ("Succeeded", "Pending", "Failed")}


class TuningJobs(TrainingJobs):
    """Part of the backend that keeps tuning jobs."""

    def start_tuning_job(self, request: Mapping[str, Any]) -> TuningJob:
        """Check a request as CreateHyperParameterTuningJob does, and start the job.

        Raises ValidationError and ResourceInUseException, with SageMaker's messages where they are known.
        """
        self.check_job_request(TUNING_JOB, request)
        _check_search(request)
        check_training(request["TrainingJobDefinition"], self.region_name)
        job = TuningJob(request, self._arn(TUNING_JOB.arn, request["HyperParameterTuningJobName"]))
        search = Search(
            job,
            job.trials,
            start=lambda training: self.start_training_job(training, tuning_job_arn=job.arn),
            stop=lambda name: self.stop_job(TRAINING_JOB, name),
        )
        self.start_job(job, search.run)
        return job

    def list_training_jobs_of_tuning(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of ListTrainingJobsForHyperParameterTuningJob. Raise ResourceNotFound."""
        job: TuningJob = self.find_job(TUNING_JOB, request["HyperParameterTuningJobName"])
        with THREADS.changed:
            records = [trial.job.record() | trial.summary() | {_BY_SCORE: trial.score} for trial in job.trials]
        if request.get("SortBy") == _BY_SCORE:
            records = [record for record in records if record[_BY_SCORE] is not None]
        operation, order = "ListTrainingJobsForHyperParameterTuningJob", Order("Name", "Ascending")
        return job_lists.page(operation, TRAINING_JOB.noun, order, records, request)


def _check_search(request: Mapping[str, Any]) -> None:
    """Refuse a search that is impossible or not implemented. Raise ValidationError."""
    for name in _NOT_BUILT:
        if request.get(name):
            raise ValidationError(f"The local AWS tunes without {name}: leave it out.")
    config = request["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    needed = {
        "TrainingJobDefinition": "TrainingJobDefinition" in request,
        "HyperParameterTuningJobObjective": "HyperParameterTuningJobObjective" in config,
        "ParameterRanges": "ParameterRanges" in config,
        "MaxNumberOfTrainingJobs": "MaxNumberOfTrainingJobs" in limits or config["Strategy"] == "Grid",
    }
    for name, is_there in needed.items():
        if not is_there:
            raise ValidationError(f"The tuning job needs {name}, which the request does not have.")
    try:
        tuning_ranges.check(config["ParameterRanges"], config["Strategy"])
    except RangeError as error:
        raise ValidationError(str(error)) from error


class TuningJobsResponse(BaseResponse):
    """Operations on tuning jobs."""

    sagemaker_backend: Any

    def create_hyper_parameter_tuning_job(self) -> ActionResult:
        """Serve CreateHyperParameterTuningJob."""
        job = self.sagemaker_backend.start_tuning_job(json.loads(self.body))
        return ActionResult({"HyperParameterTuningJobArn": job.arn})

    def describe_hyper_parameter_tuning_job(self) -> ActionResult:
        """Serve DescribeHyperParameterTuningJob."""
        name = self._get_param("HyperParameterTuningJobName")
        return ActionResult(self.sagemaker_backend.describe_job(TUNING_JOB, name))

    def list_hyper_parameter_tuning_jobs(self) -> ActionResult:
        """Serve ListHyperParameterTuningJobs."""
        return ActionResult(self.sagemaker_backend.list_jobs(TUNING_JOB, json.loads(self.body)))

    def list_training_jobs_for_hyper_parameter_tuning_job(self) -> ActionResult:
        """Serve ListTrainingJobsForHyperParameterTuningJob."""
        return ActionResult(self.sagemaker_backend.list_training_jobs_of_tuning(json.loads(self.body)))

    def stop_hyper_parameter_tuning_job(self) -> ActionResult:
        """Serve StopHyperParameterTuningJob."""
        self.sagemaker_backend.stop_job(TUNING_JOB, self._get_param("HyperParameterTuningJobName"))
        return EmptyResult()
