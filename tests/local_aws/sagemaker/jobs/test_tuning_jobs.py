# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.eventbridge import events
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import job_process, job_records, tuning_ranges, tuning_search
from tests.local_aws import training
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, ARN, CUSTOM_IMAGE
from tests.local_aws.training import STATIC, channel, definition
from tests.local_aws.waiting import SECONDS

OBJECTIVE = {"Type": "Minimize", "MetricName": "validation:logloss"}
RANGES: dict[str, Any] = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.9", "ScalingType": "Logarithmic"},
    ],
    "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6", "ScalingType": "Auto"}],
    "CategoricalParameterRanges": [{"Name": "tree_method", "Values": ["hist", "exact"]}],
}

Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory) -> None:
    training.store_channels(client("s3"))


def request(name: str, jobs: int = 3, **changes: Any) -> dict[str, Any]:
    """The product's request; `changes` replace members of the configuration, of the definition, or of the whole."""
    config = {
        "Strategy": "Bayesian",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": 2},
        "TrainingJobEarlyStoppingType": "Off",
        "HyperParameterTuningJobObjective": OBJECTIVE,
        "ParameterRanges": RANGES,
    }
    training_job = {
        **definition(changes.pop("image", training.IMAGE)),
        "StaticHyperParameters": {name: value for name, value in STATIC.items() if name != "max_depth"},
        "HyperParameterTuningResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20},
    }
    whole = {"HyperParameterTuningJobName": name}
    for key, value in changes.items():
        place = config if key in config or key == "RandomSeed" else training_job if key in training_job else whole
        place[key] = value
    return {**whole, "HyperParameterTuningJobConfig": config, "TrainingJobDefinition": training_job}


@pytest.fixture
def start(client: ClientFactory) -> Start:
    """Run a tuning job to its end; the description."""

    def run(name: str, jobs: int = 3, **changes: Any) -> dict[str, Any]:
        sm = client("sagemaker")
        sm.create_hyper_parameter_tuning_job(**request(name, jobs, **changes))
        assert sagemaker.wait_idle(SECONDS)
        return dict(sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))

    return run


def children(client: ClientFactory, name: str) -> list[dict[str, Any]]:
    """The descriptions of the training jobs whose names begin with that of the tuning job, in their order."""
    sm = client("sagemaker")
    listed = sm.list_training_jobs(NameContains=f"{name}-", SortBy="Name")["TrainingJobSummaries"]
    return [sm.describe_training_job(TrainingJobName=job["TrainingJobName"]) for job in listed]


def objective_of(child: dict[str, Any], metric: str = "validation:logloss") -> float:
    (value,) = [each["Value"] for each in child["FinalMetricDataList"] if each["MetricName"] == metric]
    return float(value)


def test_the_best_training_job_is_the_one_with_the_best_objective(client: ClientFactory, start: Start) -> None:
    job = start("Best", jobs=4)
    trained = children(client, "Best")
    best = min(trained, key=objective_of)
    assert len({objective_of(child) for child in trained}) == 4
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    told = job["BestTrainingJob"]
    assert (told["TrainingJobName"], told["TrainingJobArn"]) == (best["TrainingJobName"], best["TrainingJobArn"])
    assert told["TrainingJobStatus"] == "Completed"
    assert told["FinalHyperParameterTuningJobObjectiveMetric"] == {**OBJECTIVE, "Value": objective_of(best)}
    assert told["TunedHyperParameters"].items() <= best["HyperParameters"].items()
    assert set(told["TunedHyperParameters"]) == {"eta", "max_depth", "tree_method"}
    assert job["TrainingJobStatusCounters"]["Completed"] == 4
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}


def test_maximizing_takes_the_greatest(client: ClientFactory, start: Start) -> None:
    metric = "validation:error"
    job = start("Worst", HyperParameterTuningJobObjective={"Type": "Maximize", "MetricName": metric})
    values = [objective_of(child, metric) for child in children(client, "Worst")]
    told = job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    assert told == max(values) > min(values)


def test_training_jobs_are_real_ones_of_the_tuning_job(client: ClientFactory, start: Start) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    job = start("Children", jobs=3, Tags=tags)
    trained = children(client, "Children")
    names = [child["TrainingJobName"] for child in trained]
    assert all(re.fullmatch(rf"Children-00{n}-[0-9a-f]{{8}}", name) for n, name in enumerate(names, 1))
    assert len(trained) == 3
    for child in trained:
        assert (
            child["TuningJobArn"] == job["HyperParameterTuningJobArn"] == f"{ARN}:hyper-parameter-tuning-job/children"
        )
        assert child["HyperParameters"].items() >= {"num_round": "20", "objective": "binary:logistic"}.items()
        assert child["ResourceConfig"] == {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20}
        assert client("sagemaker").list_tags(ResourceArn=child["TrainingJobArn"])["Tags"] == tags
    assert client("sagemaker").list_tags(ResourceArn=job["HyperParameterTuningJobArn"])["Tags"] == tags


def test_a_job_is_described_as_it_was_requested(start: Start) -> None:
    job, asked = start("Described", jobs=1), request("Described", jobs=1)
    assert {name: job[name] for name in asked} == asked
    assert job["CreationTime"] <= job["HyperParameterTuningEndTime"]


def test_training_jobs_are_listed_by_their_objective(client: ClientFactory, start: Start) -> None:
    start("Listed", jobs=3)
    listed = client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="Listed", SortBy="FinalObjectiveMetricValue", SortOrder="Descending", MaxResults=2
    )
    values = sorted((objective_of(child) for child in children(client, "Listed")), reverse=True)
    told = listed["TrainingJobSummaries"]
    assert [each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for each in told] == values[:2]
    assert "NextToken" in listed


def test_the_same_seed_tries_the_same_values(client: ClientFactory, start: Start) -> None:
    def tried(name: str) -> list[dict[str, str]]:
        return [
            {each: child["HyperParameters"][each] for each in ("eta", "max_depth", "tree_method")}
            for child in children(client, name)
        ]

    for name, seed in (("seed-a", 1), ("seed-b", 1), ("seed-c", 2)):
        start(name, jobs=2, RandomSeed=seed)
    assert tried("seed-a") == tried("seed-b") != tried("seed-c")


def test_a_grid_tries_every_combination_once(client: ClientFactory, start: Start) -> None:
    choices = {"max_depth": ["1", "3"], "tree_method": ["hist", "exact"]}
    ranges = {"CategoricalParameterRanges": [{"Name": name, "Values": values} for name, values in choices.items()]}
    job = start("Grid", Strategy="Grid", ResourceLimits={"MaxParallelTrainingJobs": 2}, ParameterRanges=ranges)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    tried = [(each["HyperParameters"]["max_depth"], each["HyperParameters"]["tree_method"])
             for each in children(client, "Grid")]  # fmt: skip
    assert sorted(tried) == sorted(itertools.product(*choices.values()))


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        (
            "unreported",
            {"InputDataConfig": [channel("train", "csv/train/")]},
            r"^No training job reported the objective metric validation:logloss. They reported train:logloss: cho",
        ),
        (
            "unknown",
            {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:speed"}},
            "speed",
        ),
        ("custom", {"image": CUSTOM_IMAGE}, "^No training job succeeded after 2 attempts.*cannot run the image"),
    ],
)
def test_without_an_objective_the_job_fails_in_words(
    client: ClientFactory, start: Start, name: str, changes: dict[str, Any], reason: str
) -> None:
    job = start(name, jobs=2, **changes)
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert re.search(reason, job["FailureReason"])
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 0, "Failed": 2}
    assert "BestTrainingJob" not in job
    # What has no objective has no place in an order by it.
    listed = client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, SortBy="FinalObjectiveMetricValue"
    )
    assert listed["TrainingJobSummaries"] == []


def test_it_gives_up_when_the_first_five_have_failed(start: Start) -> None:
    job = start("Hopeless", jobs=20, image=CUSTOM_IMAGE)
    # Two run at a time: one more may have begun before the fifth failure was seen.
    assert 5 <= job["TrainingJobStatusCounters"]["NonRetryableError"] <= 6
    assert "No training job succeeded after" in job["FailureReason"]


def one_range(kind: str, low: str, high: str, scaling: str = "Linear") -> dict[str, Any]:
    return {f"{kind}ParameterRanges": [{"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scaling}]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ParameterRanges": {}}, "ParameterRanges names no hyperparameter: give one range at least."),
        ({"Strategy": "Grid"}, "The strategy Grid takes CategoricalParameterRanges only: max_depth has a range"),
        ({"ParameterRanges": one_range("Integer", "1.5", "2")}, "MinValue and MaxValue of the range of x must each b"),
        ({"ParameterRanges": one_range("Continuous", "2", "1")}, "MinValue of the range of x is greater than its MaxV"),
        ({"ParameterRanges": one_range("Integer", "0", "9", "Logarithmic")}, "Logarithmic scaling needs a MinValue"),
        ({"ParameterRanges": one_range("Continuous", "0", "1", "ReverseLogarithmic")}, "ReverseLogarithmic scaling"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "The tuning job needs MaxNumberOfTrainingJobs, which"),
        ({"WarmStartConfig": {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "a"}],
                              "WarmStartType": "TransferLearning"}}, "The local AWS tunes without WarmStartConfig"),
        ({"InputDataConfig": [channel("train", "nothing")]}, "No S3 objects found under S3 URL"),
        ({"HyperParameterTuningJobName": "a" * 33}, "2 validation errors detected: Value 'aaaa"),
    ],
)  # fmt: skip
def test_wrong_requests_are_refused(client: ClientFactory, changes: dict[str, Any], words: str) -> None:
    """The name of 33 characters guards against lesson 10: 32 are allowed."""
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_hyper_parameter_tuning_job(**request("Refused", **changes))
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"][: len(words)]) == ("ValidationException", words)
    with pytest.raises(ClientError) as unknown:
        client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="Refused")
    assert unknown.value.response["Error"] == {
        "Code": "ResourceNotFound",
        "Message": "Amazon SageMaker can't find a tuning job called Refused. Type another name.",
    }


def test_a_name_is_never_free_again(client: ClientFactory, start: Start) -> None:
    start("Once", jobs=1)
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_hyper_parameter_tuning_job(**request("ONCE"))
    assert refused.value.response["Error"] == {
        "Code": "ResourceInUse",
        "Message": "A hyperparameter tuning job with the name, ONCE, already exists. Choose a different name.",
    }


def test_stopping_stops_the_training_jobs_too(client: ClientFactory) -> None:
    sm = client("sagemaker")
    endless = {"num_round": "100000000", "objective": "binary:logistic"}
    sm.create_hyper_parameter_tuning_job(**request("Endless", jobs=5, StaticHyperParameters=endless))
    with job_records.THREADS.changed:
        assert job_records.THREADS.changed.wait_for(lambda: len(job_process.running()) == 2, SECONDS)
    sm.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Endless")
    assert sagemaker.wait_idle(SECONDS)
    job = sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="Endless")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == len(children(client, "Endless")) == 2
    listed = sm.list_hyper_parameter_tuning_jobs(StatusEquals="Stopped")["HyperParameterTuningJobSummaries"]
    assert [(each["HyperParameterTuningJobName"], each["Strategy"]) for each in listed] == [("Endless", "Bayesian")]


def test_both_kinds_of_jobs_tell_eventbridge_with_the_tags(client: ClientFactory, start: Start) -> None:
    queue = client("sqs").create_queue(QueueName="changes")["QueueUrl"]
    tags = [{"Tags": {"team": ["a"]}}, {"Tags": {"Key": ["team"], "Value": ["a"]}}]
    pattern = {"source": ["aws.sagemaker"], "detail": {"$or": tags}}
    client("events").put_rule(Name="changes", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"
    client("events").put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn}])
    job = start("Told", jobs=1, Tags=[{"Key": "team", "Value": "a"}])
    assert events.wait_idle(SECONDS)
    messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"]) for message in messages]
    tuning, training_job = "SageMaker HyperParameter Tuning Job State Change", "SageMaker Training Job State Change"
    assert [event["detail-type"] for event in told] == [tuning, training_job, training_job, tuning]
    last = told[-1]["detail"]
    assert (last["HyperParameterTuningJobName"], last["HyperParameterTuningJobStatus"]) == ("Told", "Completed")
    assert last["TrainingJobStatusCounters"]["Completed"] == 1
    assert last["HyperParameterTuningEndTime"] == round(job["HyperParameterTuningEndTime"].timestamp() * 1000)
    assert told[1]["detail"]["TuningJobArn"] == told[-1]["resources"][0] == job["HyperParameterTuningJobArn"]


def test_what_was_drawn_is_not_drawn_again_while_there_is_something_else() -> None:
    proposed = tuning_ranges.proposals(one_range("Integer", "1", "5"), "Random", 3)
    drawn = [values["x"] for values in itertools.islice(proposed, 7)]
    assert sorted(drawn[:5]) == ["1", "2", "3", "4", "5"]
    assert len(drawn) == 7


@pytest.mark.parametrize(
    ("ranges", "low", "high", "middle"),
    [
        (one_range("Integer", "1", "9"), 1, 9, 5),
        (one_range("Integer", "10000", "100000000", "Logarithmic"), 10**4, 10**8, 10**6),
        (one_range("Continuous", "-1", "1"), -1, 1, 0),
        (one_range("Continuous", "0.0001", "1", "Logarithmic"), 0.0001, 1, 0.01),
        (one_range("Continuous", "0", "0.9999", "ReverseLogarithmic"), 0, 0.9999, 0.99),
    ],
)
def test_draws_fill_the_range_evenly_by_its_scale(ranges: Any, low: float, high: float, middle: float) -> None:
    drawn = [float(one["x"]) for one in itertools.islice(tuning_ranges.proposals(ranges, "Random", 1), 2000)]
    assert low <= min(drawn) <= max(drawn) <= high
    below = sum(number <= middle for number in drawn) / len(drawn)
    assert 0.4 < below < 0.6


def test_of_several_instance_types_the_first_is_taken() -> None:
    several = [{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}]
    asked = request("Several", HyperParameterTuningResourceConfig={"InstanceConfigs": several, "VolumeKmsKeyId": "key"})
    made = tuning_search.training_request(asked, 1, {"eta": "0.1"})
    assert made["ResourceConfig"] == {**several[0], "VolumeKmsKeyId": "key"}
