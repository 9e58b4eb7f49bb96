# SPDX-License-Identifier: Apache-2.0
"""What SageMaker is asked for by training, tuning and Autopilot pipelines, field by field (compatibility 3.10 to 3.12).

The blueprint is deployed by itself, with the values that are planned for requests as they come (compatibility 7).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from scripts.local_aws.eventbridge import scheduler as scheduling
from scripts.local_aws.sagemaker.jobs.training_jobs import TrainingJob
from scripts.local_aws.server import LocalAws
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.local_aws import training as data
from tests.local_aws.stack_setting import acting_in
from tests.orchestrator.training import AUTOPILOT, TRAINING, TUNING, tags

Body = dict[str, Any]

ASSETS: Final = "quayside-assets"
VALUES: Final = "quayside-pipelines"
IMAGE: Final = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.5-1"
OWN_IMAGE: Final = f"{ORCHESTRATOR}.dkr.ecr.us-east-1.amazonaws.com/quayside/trainer:7"
KEY: Final = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="module", autouse=True)
def assets(local_aws: LocalAws) -> Any:
    """The data that the samples name, and the bucket of long values."""
    s3 = acting_in(local_aws, ORCHESTRATOR, "s3")
    for bucket in (ASSETS, VALUES):
        s3.create_bucket(Bucket=bucket)
    for name, table in zip(("2024w48.csv", "2024w48-val.csv"), data.tables().values(), strict=True):
        s3.put_object(Bucket=ASSETS, Key=f"train/harbour/{name}", Body=data.as_csv(table[:60]))
    s3.put_object(Bucket=ASSETS, Key="train/harbour/2024w48-header.csv", Body="draught,was_late\n7.5,0\n")
    return s3


@pytest.fixture(autouse=True)
def _nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What jobs are asked for is looked at here, and not what they do."""
    monkeypatch.setattr(TrainingJob, "train", lambda *_: None)


@pytest.fixture
def launch() -> Launch:
    return launch_of(ASSETS, VALUES)


@dataclass(frozen=True)
class Kind:
    """How SageMaker's API and the blueprints call a kind of job."""

    noun: str
    output: str
    longest_name: int

    def names(self, sagemaker: Any, part: str) -> list[str]:
        """Names of all jobs of the kind whose names have a part in common."""
        listing = {
            "TrainingJob": sagemaker.list_training_jobs,
            "HyperParameterTuningJob": sagemaker.list_hyper_parameter_tuning_jobs,
            "AutoMLJob": sagemaker.list_auto_ml_jobs,
        }
        found = listing[self.noun](NameContains=part, MaxResults=100)
        (summaries,) = (value for key, value in found.items() if key.endswith("Summaries"))
        return [summary[f"{self.noun}Name"] for summary in summaries]

    def describe(self, sagemaker: Any, name: str) -> Body:
        """What SageMaker tells of a job."""
        describing = {
            "TrainingJob": sagemaker.describe_training_job,
            "HyperParameterTuningJob": sagemaker.describe_hyper_parameter_tuning_job,
            "AutoMLJob": sagemaker.describe_auto_ml_job,
        }
        return dict(describing[self.noun](**{f"{self.noun}Name": name}))

    def asked(self, sagemaker: Any, name: str) -> Body:
        """What of a job's description was asked for, with its tags."""
        operation = sagemaker.meta.service_model.operation_model(f"Create{self.noun}")
        job = self.describe(sagemaker, name)
        request = {key: job[key] for key in operation.input_shape.members if key in job}
        return {**request, "Tags": sagemaker.list_tags(ResourceArn=job[f"{self.noun}Arn"])["Tags"]}


KINDS: Final = {
    "model_training_builtin": Kind("TrainingJob", "TrainingJobName", 63),
    "model_tuner_builtin": Kind("HyperParameterTuningJob", "TuningJobName", 32),
    "model_autopilot_training": Kind("AutoMLJob", "AutopilotJobName", 32),
}


def kind_of(body: Body) -> Kind:
    return KINDS[body["pipeline_type"]]


def asked(deployed: Deployed, body: Body) -> Body:
    """What SageMaker was asked for by the deployment of a request."""
    kind = kind_of(body)
    return kind.asked(deployed.client("sagemaker"), deployed.outputs[kind.output])


def channel(name: str, key: str, **more: Any) -> Body:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{ASSETS}/{key}", "S3DataDistributionType": "FullyReplicated"}
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "ContentType": "csv",
        "InputMode": "File",
        **more,
    }


CHANNELS: Final = [
    channel("train", "train/harbour/2024w48.csv"),
    channel("validation", "train/harbour/2024w48-val.csv"),
]

OF_TRAINING: Final[Body] = {
    "TrainingJobName": "harbour-delay-2024w48",
    "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE},
    "HyperParameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": "240", "eta": "0.08"},
    "InputDataConfig": CHANNELS,
    "OutputDataConfig": {"S3OutputPath": f"s3://{ASSETS}/train-out/harbour"},
    "ResourceConfig": {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 40},
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 14400},
    "EnableManagedSpotTraining": True,
    "CheckpointConfig": {"S3Uri": f"s3://{ASSETS}/train-out/harbour/harbour-delay-2024w48/checkpoint"},
    "EnableInterContainerTrafficEncryption": True,
}

OF_TUNING: Final[Body] = {
    "HyperParameterTuningJobName": "harbour-hpo-w48",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 12, "MaxParallelTrainingJobs": 3},
        "TrainingJobEarlyStoppingType": "Auto",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.02", "MaxValue": "0.3", "ScalingType": "Auto"}
            ],
            "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "3", "MaxValue": "9", "ScalingType": "Auto"}],
            "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
        },
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": "240"},
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE},
        "InputDataConfig": CHANNELS,
        "OutputDataConfig": {"S3OutputPath": f"s3://{ASSETS}/hpo-out/harbour"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400, "MaxWaitTimeInSeconds": 172800},
        "HyperParameterTuningResourceConfig": {
            "InstanceType": "ml.m4.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 20,
        },
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": f"s3://{ASSETS}/hpo-out/harbour/harbour-hpo-w48/checkpoint"},
        "EnableInterContainerTrafficEncryption": True,
    },
}

OF_AUTOPILOT: Final[Body] = {
    "AutoMLJobName": "harbour-auto-w48",
    "GenerateCandidateDefinitionsOnly": False,
    "InputDataConfig": [
        {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": f"s3://{ASSETS}/train/harbour/2024w48-header.csv",
                }
            },
            "TargetAttributeName": "was_late",
        }
    ],
    "OutputDataConfig": {"S3OutputPath": f"s3://{ASSETS}/auto-out/harbour"},
    "AutoMLJobConfig": {
        "CompletionCriteria": {
            "MaxCandidates": 15,
            "MaxRuntimePerTrainingJobInSeconds": 86400,
            "MaxAutoMLJobRuntimeInSeconds": 21600,
        },
        "SecurityConfig": {"EnableInterContainerTrafficEncryption": True},
    },
    "ProblemType": "BinaryClassification",
    "AutoMLJobObjective": {"MetricName": "AUC"},
}


def without_role(request: Body, deployed: Deployed) -> Body:
    """A request without its role, which must be the stack's own."""
    inner = request.get("TrainingJobDefinition", request)
    role = inner["RoleArn"]
    assert role.partition(":role/")[2].startswith(deployed.name[:20])
    found = {key: value for key, value in request.items() if key != "RoleArn"}
    if inner is not request:
        found["TrainingJobDefinition"] = {key: value for key, value in inner.items() if key != "RoleArn"}
    return found


CHANGES: Final[Mapping[str, Body]] = {
    "model_training_builtin": {"algo_hyperparamaters": {**TRAINING["algo_hyperparamaters"], "eta": 0.1}},
    "model_tuner_builtin": {"hyperparamaters_ranges": {"eta": ["continuous", [0.02, 0.4]]}},
    # Lesson 32: the earlier solution saw no change in these.
    "model_autopilot_training": {"encrypt_inner_traffic": False, "max_runtime_per_job": 7200},
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [(TRAINING, OF_TRAINING), (TUNING, OF_TUNING), (AUTOPILOT, OF_AUTOPILOT)],
    ids=["training", "tuning", "autopilot"],
)
def test_sagemaker_is_asked_once_for_what_is_promised(
    local_aws: LocalAws, launch: Launch, body: Body, expected: Body
) -> None:
    """Without the debugger and profiler that the earlier solution's SDK added; with tags.

    The same request again starts nothing (lesson 31); a changed one under a given name fails at once and says what to
    do (lesson 32).
    """
    deployed = Deployed(local_aws, body, launch)
    request = asked(deployed, body)
    assert without_role(request, deployed) == {**expected, "Tags": tags(deployed.name, body)}

    assert not deployed.update(body)
    assert deployed.update({**body, **CHANGES[body["pipeline_type"]]})
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    (reason, *_) = (reason for reason in deployed.failures() if "job_name" in reason)
    assert f'A job with the name "{body["job_name"]}" exists' in reason
    assert "choose another job_name, or leave it out to have one made" in reason
    assert asked(deployed, body) == request
    deployed.remove()


def named(body: Body, name: str, **changes: Any) -> Body:
    """A sample as another pipeline, with another job."""
    return {**body, "model_name": name, "job_name": name, **changes}


def check_encryption_of_training(job: Body) -> None:
    assert (job["OutputDataConfig"]["KmsKeyId"], job["ResourceConfig"]["VolumeKmsKeyId"]) == (KEY, KEY)
    assert [found["CompressionType"] for found in job["InputDataConfig"]] == ["Gzip", "Gzip"]


def check_encryption_of_tuning(job: Body) -> None:
    definition = job["TrainingJobDefinition"]
    assert definition["OutputDataConfig"]["KmsKeyId"] == KEY
    assert definition["HyperParameterTuningResourceConfig"]["VolumeKmsKeyId"] == KEY


def check_encryption_of_autopilot(job: Body) -> None:
    assert job["OutputDataConfig"]["KmsKeyId"] == KEY
    assert job["AutoMLJobConfig"]["SecurityConfig"] == {
        "EnableInterContainerTrafficEncryption": True,
        "VolumeKmsKeyId": KEY,
    }
    assert [found["CompressionType"] for found in job["InputDataConfig"]] == ["Gzip"]


@pytest.mark.parametrize(
    ("body", "check_encryption"),
    [
        ({**TRAINING, "compression_type": "Gzip"}, check_encryption_of_training),
        (TUNING, check_encryption_of_tuning),
        ({**AUTOPILOT, "compression_type": "Gzip"}, check_encryption_of_autopilot),
    ],
    ids=["training", "tuning", "autopilot"],
)
def test_names_that_are_made_follow_from_the_request_and_the_key_reaches_the_job(
    local_aws: LocalAws, launch: Launch, body: Body, check_encryption: Callable[[Body], None]
) -> None:
    """Lessons 3, 10 and 31: within the limit for a long model name; another request has another name."""
    kind = kind_of(body)
    body = named(body, f"Quayside-arrivals-of-all-ships-{kind.noun}", job_name="", kms_key_arn=KEY)
    deployed = Deployed(local_aws, body, launch)
    check_encryption(asked(deployed, body))
    first = deployed.outputs[kind.output]
    assert re.fullmatch(r"quayside-arrivals-[a-z-]+-[0-9a-f]{8}", first)
    assert len(first) <= kind.longest_name
    sagemaker = deployed.client("sagemaker")
    assert not deployed.update(body)
    assert kind.names(sagemaker, first[:-8]) == [first]
    assert deployed.update({**body, **CHANGES[body["pipeline_type"]]})
    second = deployed.outputs[kind.output]
    assert deployed.status == "UPDATE_COMPLETE"
    assert second != first
    assert sorted(kind.names(sagemaker, first[:-8])) == sorted([first, second])
    deployed.remove()


def test_traffic_of_an_autopilot_job_is_plain_when_the_request_says_so(local_aws: LocalAws, launch: Launch) -> None:
    body = named(AUTOPILOT, "plain-autopilot", encrypt_inner_traffic=False)
    deployed = Deployed(local_aws, body, launch)
    security = asked(deployed, body)["AutoMLJobConfig"]["SecurityConfig"]
    assert security == {"EnableInterContainerTrafficEncryption": False}
    deployed.remove()


def test_a_schedule_trains_again_under_fresh_names(local_aws: LocalAws, launch: Launch) -> None:
    """The same request as at deployment but for the name, with numbers as numbers, as a role of the stack."""
    body = named(TRAINING, "weekly", schedule_expression="rate(7 days)", kms_key_arn=KEY)
    deployed = Deployed(local_aws, body, launch)
    sagemaker, scheduler = deployed.client("sagemaker"), deployed.client("scheduler")
    (listed,) = scheduler.list_schedules()["Schedules"]
    assert listed["Name"].startswith("mlops-pipeline-"), "the name by which the deployment role is limited"
    kind, first = kind_of(body), asked(deployed, body)
    for _ in range(2):
        scheduling.fire(listed["Name"])
    fresh = kind.names(sagemaker, "mlops-train")
    assert len(set(fresh)) == 2
    for name in fresh:
        assert re.fullmatch(r"mlops-train-[0-9a-f]{12}-[0-9a-f]+", name)
        renamed = json.loads(json.dumps(kind.asked(sagemaker, name)).replace(name, body["job_name"]))
        assert renamed == first
    deployed.remove()
    assert scheduler.list_schedules()["Schedules"] == []


def test_an_own_image_has_its_own_metrics_and_a_value_too_long_for_a_parameter_is_read_from_s3(
    local_aws: LocalAws, launch: Launch, assets: Any
) -> None:
    """Lesson 39. `custom_image_uri` in place of a framework; without spot instances, with plain traffic."""
    definitions = [{"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}]
    long = {f"note-{number}": "x" * 2000 for number in range(4)}
    frameless = {key: value for key, value in TRAINING.items() if not key.startswith("model_framework")}
    own = {"custom_image_uri": OWN_IMAGE, "metric_definitions": definitions, "algo_hyperparamaters": long}
    body = named(frameless, "own-image", **own, encrypt_inner_traffic=False, use_spot_instances=False)
    store(assets, body, launch)
    deployed = Deployed(local_aws, body, launch)
    job = asked(deployed, body)
    assert job["AlgorithmSpecification"] == {
        "TrainingInputMode": "File",
        "TrainingImage": OWN_IMAGE,
        "MetricDefinitions": definitions,
    }
    assert job["HyperParameters"] == long
    assert job.get("EnableInterContainerTrafficEncryption", False) is False
    assert job.get("EnableManagedSpotTraining", False) is False
    assert "CheckpointConfig" not in job
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 7200}
    deployed.remove()


def store(s3: Any, body: Body, launch: Launch) -> None:
    """Put in place what the orchestrator would store for a request."""
    for planned in Deployed.request(body, launch).objects(launch):
        s3.put_object(Bucket=planned.bucket, Key=planned.key, Body=planned.content)
