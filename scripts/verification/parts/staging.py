# SPDX-License-Identifier: Apache-2.0
"""With `multi-account`: a second root stack, a model and a monitor in the account of dev, and their messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import boto3

from mlops_orchestrator.aws.api_client import SignedClient
from orchestrator.values.per_stage import STAGES
from scripts.verification import probes, waiting
from scripts.verification.part import Finding, Part, calls, executions, large_hours
from scripts.verification.parts import data, launching, pipelines, serving, training
from scripts.verification.scene import PartFailedError, Scene

_ARTIFACT: Final = "verify/model.tar.gz"
_EVENT_MINUTES: Final = 130
_TOLD_MINUTES: Final = 15


def model_of(scene: Scene) -> str:
    """The model's name there: what both root stacks deploy is in one account."""
    return f"{scene.name}-st"


def _launch(scene: Scene) -> None:
    launching.launched(scene, "multi-account", scene.stages_name, dict(scene.stages))


def _deploy(scene: Scene) -> None:
    """Deploy to dev only, and leave the approval for staging pending."""
    sagemaker, s3 = scene.aws.client("sagemaker"), scene.aws.client("s3")
    package = sagemaker.describe_model_package(ModelPackageName=training.version_of(scene))
    address = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = address.removeprefix("s3://").partition("/")
    artifact = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    data.stored(scene, _ARTIFACT, artifact, scene.stages_name)
    own = _made_bucket(scene)
    _to_dev(
        scene,
        {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": model_of(scene),
            "model_framework": "xgboost",
            "model_framework_version": "1.7-1",
            "model_artifact_location": _ARTIFACT,
            "inference_instance": serving.INSTANCE,
            "data_capture_location": f"{own}/verify/captured",
            "endpoint_name": _by_stage(scene),
        },
    )


def _watch(scene: Scene) -> None:
    """Provision a monitor of the endpoint in dev, which gets no requests: the run fails, and a message reports it."""
    own = _made_bucket(scene)
    plain = data.as_csv(row[1:] for row in (data.header(), *data.held_out()))
    baseline = data.stored(scene, "verify/baselines/plain.csv", plain, scene.stages_name)
    _to_dev(
        scene,
        {
            "pipeline_type": "byom_data_quality_monitor",
            "model_name": model_of(scene),
            "endpoint_name": _by_stage(scene),
            "baseline_data": baseline,
            "baseline_job_output_location": f"{own}/verify/monitoring/baselines",
            "data_capture_location": f"{own}/verify/captured",
            "monitoring_output_location": f"{own}/verify/monitoring/reports",
            "schedule_expression": "cron(0 * ? * * *)",
            "monitor_engine": "sagemaker",
            "monitor_max_runtime_seconds": 1800,
            "instance_type": serving.INSTANCE,
            "instance_volume_size": 20,
        },
    )


def _made_bucket(scene: Scene) -> str:
    """A bucket to which the accounts of the stages may write: they only read the assets bucket."""
    named = [scene.stages[f"{stage.capitalize()}AccountId"].split(",") for stage in STAGES]
    accounts = sorted({account.strip() for listed in named for account in listed})
    roots = [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{account}:root"} for account in accounts]
    arn = {"Fn::GetAtt": ["Bucket", "Arn"]}
    allowed = probes.policy(
        *("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation"),
        Principal={"AWS": roots},
        Resource=[arn, {"Fn::Join": ["", [arn, "/*"]]}],
    )
    policy = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": allowed}
    resources = {
        # What is in it keeps CloudFormation from deleting it; buckets are emptied and deleted by name.
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "MayWrite": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
    }
    return probes.whole(scene, "reports", resources, {"Name": {"Ref": "Bucket"}}).outputs["Name"]


def _to_dev(scene: Scene, request: dict[str, Any]) -> None:
    pipeline_id = pipelines.begun(scene, request, scene.stages_name)
    pipelines.followed(scene, pipeline_id, scene.stages_name)


def _by_stage(scene: Scene) -> dict[str, str]:
    return {stage: f"{scene.name}-{stage}" for stage in STAGES}


def _forwarded(scene: Scene) -> Iterator[Finding]:
    """Whether the event of a job in dev arrives on the bus of this account."""
    accounts = {one.strip() for one in scene.stages["DevAccountId"].split(",")}
    if scene.aws.is_local:
        _fire(scene, next(iter(accounts)))
    try:
        launching.heard(
            scene, "an event that dev sent on", lambda event: event.get("account") in accounts, _EVENT_MINUTES
        )
    except PartFailedError as error:
        yield Finding("forwarded-events", str(error), holds=False)
    else:
        yield Finding("forwarded-events", "the event of a job in dev arrived on this account's bus", holds=True)


def _fire(scene: Scene, account: str) -> None:
    """Run the schedule in dev now, because a local AWS has no clock."""
    role = f"arn:{scene.aws.partition}:iam::{account}:role/visitor"
    keys = scene.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="verify")["Credentials"]
    session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    sagemaker = session.client("sagemaker", region_name=scene.aws.region, endpoint_url=scene.aws.endpoint_url)
    (schedule,) = sagemaker.list_monitoring_schedules(NameContains=scene.name)["MonitoringScheduleSummaries"]
    url = f"{scene.aws.endpoint_url}/_monitoring/{schedule['MonitoringScheduleName']}?account={account}"
    SignedClient(scene.aws).post(url, json.dumps({"status": "Failed", "failure_reason": "Nobody asked."}).encode())


def _deleted(scene: Scene) -> Iterator[Finding]:
    """Check whether a StackSet's events continue a deletion, or only repeated requests do."""
    api = scene.api(scene.stages_name)
    found = pipelines.asked(lambda: api.list(model_name=model_of(scene), pipeline_type="byom_data_quality_monitor"))
    (pipeline,) = found["pipelines"]
    pipelines.asked(lambda: api.delete(pipeline["pipeline_id"]))
    capacity = (
        "a delegated administrator" if scene.stages.get("DelegatedAdminAccount") == "Yes" else "the management account"
    )
    try:
        waiting.until(scene, "the deletion", _TOLD_MINUTES, lambda: api.details(pipeline["pipeline_id"]).status == 404)
    except PartFailedError:
        yield Finding("stack-set-events", f"as {capacity}: no event carried the deletion on", holds=False)
    else:
        yield Finding("stack-set-events", f"as {capacity}: events carried the deletion to its end", holds=True)


BEGIN: Final = (
    Part(
        "stages-launch",
        "launch a second root stack, which deploys through stages",
        minutes=8,
        costs=(calls(0.05),),
        run=_launch,
        needs=("launch",),
        extra="multi-account",
    ),
    Part(
        "stages-deploy",
        "deploy the model to dev",
        minutes=12,
        costs=(large_hours(2.5), executions(1)),
        run=_deploy,
        needs=("stages-launch", "train"),
        extra="multi-account",
    ),
    Part(
        "stages-watch",
        "a monitor of that endpoint in dev",
        minutes=15,
        costs=(large_hours(0.4), executions(1)),
        run=_watch,
        needs=("stages-deploy",),
        extra="multi-account",
    ),
)
END: Final = (
    Part(
        "stages-events",
        "experiment: an event of a job in dev on the bus of this account",
        minutes=10,
        costs=(calls(0.001),),
        run=_forwarded,
        needs=("stages-watch", "listen"),
        extra="multi-account",
    ),
    Part(
        "stages-delete",
        "experiment: whether a StackSet's events reach this account",
        minutes=15,
        costs=(calls(0.001),),
        run=_deleted,
        needs=("stages-watch",),
        extra="multi-account",
    ),
)
