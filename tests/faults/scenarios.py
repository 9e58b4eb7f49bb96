# SPDX-License-Identifier: Apache-2.0
"""What is disturbed: each scenario arranges what is there, and gives the invocation that meets faults."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from orchestrator import bucket_events
from orchestrator.aws import calls
from orchestrator.sagemaker.registration import Instructions
from orchestrator.values.per_stage import STAGES
from tests.faults import approving, retraining
from tests.faults.invoking import ApiCall, CustomResource, Event, Invocation, StageJob
from tests.faults.played import UNIT
from tests.faults.world import CONFIG, World
from tests.inline.custom_resource import MODEL, REQUEST, STACK
from tests.orchestrator.conftest import read_json
from tests.orchestrator.monitoring import BASELINES
from tests.orchestrator.stage_action.played_aws import PARAMETERS, TEMPLATE, parameter_file, zipped

SINGLE, MULTI = "pipelines/single_account_codepipeline.yaml", "pipelines/multi_account_codepipeline.yaml"
REALTIME: Final = "blueprints/realtime_inference.yaml"
DEPLOYED: Final = "mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin"


@dataclass(frozen=True)
class Scenario:
    """An invocation in what is there."""

    name: str
    arrange: Callable[[World], Invocation]
    is_multi: bool = False
    follow: Callable[[World], None] = lambda _: None
    """What AWS does afterwards."""

    def __str__(self) -> str:
        return self.name


def provisioning(body: dict[str, Any]) -> ApiCall:
    """The call that provisions a pipeline."""
    return ApiCall("POST", "/provisionpipeline", body)


def realtime(*, multi: bool = False, **changes: Any) -> ApiCall:
    """The call for an endpoint's pipeline."""
    return provisioning({**read_json(f"requests/byom_realtime_builtin{'.multi' if multi else ''}.json"), **changes})


def _new(world: World, *, multi: bool = False) -> ApiCall:
    return realtime(multi=multi)


def _new_in_stages(world: World) -> ApiCall:
    return _new(world, multi=True)


def _again(world: World, *, multi: bool = False) -> ApiCall:
    call = _new(world, multi=multi)
    call.until_it_ends(world)
    world.settle()
    return call


def _changed(world: World) -> ApiCall:
    _again(world)
    return realtime(inference_instance="ml.m5.xlarge")


def _renewed(world: World) -> ApiCall:
    """Another release has another role: the pipeline's stack is updated, too."""
    now = world.settings
    world.settings = replace(now, pipeline_role_arn=f"{now.pipeline_role_arn}OfBefore")
    call = _again(world)
    world.settings = now
    return call


def _over_broken(world: World) -> ApiCall:
    call = _new(world)
    call.until_it_ends(world)
    world.has_failed(f"{DEPLOYED}-codepipeline")
    return call


def _image_builder(world: World) -> ApiCall:
    return provisioning(read_json("requests/byom_image_builder.json"))


def _second_image_builder(world: World) -> ApiCall:
    """Its tag is taken by the image of another repository."""
    call = _image_builder(world)
    provisioning({**call.body, "ecr_repo_name": "another"}).until_it_ends(world)
    world.settle()
    return call


def _clarify(world: World) -> ApiCall:
    path = BASELINES / "label_first.csv"
    key = f"baselines/berth-occupancy/{path.name}"
    world.store(world.settings.launch.assets_bucket, key, path.read_bytes())
    return provisioning(read_json("requests/byom_model_bias_monitor.json"))


def _deletion(world: World) -> ApiCall:
    _again(world)
    template = json.dumps({"Resources": {"Endpoint": {"Type": "AWS::SNS::Topic"}}})
    calls.client("cloudformation").create_stack(StackName=DEPLOYED, TemplateBody=template)
    world.settle()
    return deleting(world)


def deleting(world: World) -> ApiCall:
    """The call that deletes the pipeline."""
    given = quote(world.stack(f"{DEPLOYED}-codepipeline").stack_id, safe="")
    return ApiCall("DELETE", f"/pipelines/{given}", resource="/pipelines/{id}", parameters={"id": given})


def _stack_ended(arn: str) -> Event:
    ended = {"stack-id": arn, "status-details": {"status": "DELETE_COMPLETE", "status-reason": ""}}
    return Event({"detail-type": "CloudFormation Stack Status Change", "source": "aws.cloudformation", "detail": ended})


def _operation_ended(stack_set: str) -> Event:
    arn = f"arn:aws:cloudformation:eu-west-1:123456789012:stackset/{stack_set}:b300822a-4ab0-45cd-abc3-9db2fc239ddc"
    ended = {"stack-set-arn": arn, "stack-set-operation-id": "x", "status-details": {"status": "SUCCEEDED"}}
    kind = "CloudFormation StackSet Operation Status Change"
    return Event({"detail-type": kind, "source": "aws.cloudformation", "detail": ended})


def _pipeline_stack_ended(world: World) -> Event:
    call, arn = _deletion(world), world.stack(f"{DEPLOYED}-codepipeline").stack_id
    call.until_it_ends(world)
    return _stack_ended(arn)


def _deployed_stack_ended(world: World) -> Event:
    before = _pipeline_stack_ended(world)
    arn = world.stack(DEPLOYED).stack_id
    before.until_it_ends(world)
    return _stack_ended(arn)


def _events_go_on(world: World) -> None:
    """The events of the stacks and StackSets that are gone, as AWS sends them whoever has deleted what."""
    for _ in range(4):
        for arn in world.gone():
            _stack_ended(arn).until_it_ends(world)
        ended = [name for name, found in world.stack_sets.sets.items() if found.running]
        world.settle()
        for name in ended:
            _operation_ended(name).until_it_ends(world)


def _deletion_in_stages(world: World) -> ApiCall:
    _again(world, multi=True)
    digits = world.stack(f"{DEPLOYED}-codepipeline").stack_id.rsplit("/", 1)[1].split("-", 1)[0]
    for stage, account in zip(STAGES, ("222222222222", "333333333333", "444444444444"), strict=True):
        world.stack_sets.make(f"{DEPLOYED}-{stage}-{digits}", {"TemplateBody": TEMPLATE, "Parameters": []}, account)
    return deleting(world)


def _stack_ended_in_stages(world: World) -> Event:
    call, arn = _deletion_in_stages(world), world.stack(f"{DEPLOYED}-codepipeline").stack_id
    call.until_it_ends(world)
    return _stack_ended(arn)


def _operation_ended_in_stages(world: World) -> Event:
    _stack_ended_in_stages(world).until_it_ends(world)
    name = next(iter(world.stack_sets.sets))
    world.settle()
    return _operation_ended(name)


_STAGE_ACCOUNTS: Final = ("222222222222", "333333333333")


@functools.cache
def _packed(members: tuple[tuple[str, str], ...]) -> bytes:
    """Packed once: a zip holds the time."""
    return zipped(dict(members))


def _stage(world: World) -> StageJob:
    event = read_json("events/stage_job.json")
    configuration = event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]
    asked = {**json.loads(configuration["UserParameters"]), "account_ids": list(_STAGE_ACCOUNTS), "org_ids": [UNIT]}
    configuration["UserParameters"] = json.dumps(asked)
    members = {"realtime_inference.yaml": TEMPLATE, "dev_template_params.json": parameter_file(PARAMETERS)}
    bucket, key = world.settings.launch.pipelines_bucket, "mlops-pipeline-quayside/Artifact_S/xYz9aBc"
    world.store(bucket, key, _packed(tuple(members.items())))
    return StageJob(event)


def _with_set(world: World, *accounts: str, template: str = TEMPLATE) -> StageJob:
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(PARAMETERS.items())]
    definition = {"TemplateBody": template.rstrip(), "Parameters": parameters, "Tags": []}
    world.stack_sets.make("mlops-quayside-byomrealtimebuiltin-dev-0f1e2d3c", definition, *accounts)
    return _stage(world)


def _stage_changed(world: World) -> StageJob:
    return _with_set(world, *_STAGE_ACCOUNTS, template="Resources: {}\n")


def _stage_incomplete(world: World) -> StageJob:
    return _with_set(world, _STAGE_ACCOUNTS[0])


def _stage_busy(world: World) -> StageJob:
    job = _with_set(world)
    (found,) = world.stack_sets.sets.values()
    found.running, found.operations["somebody-elses"] = (
        "somebody-elses",
        ("create", [(_STAGE_ACCOUNTS[0], "eu-west-1")]),
    )
    return job


def uploaded(world: World, content: Any, **detail: Any) -> Event:
    """Upload a configuration; gives the event that tells of it."""
    event = copy.deepcopy(read_json("events/config_uploaded.json"))
    found = event["detail"]["object"]
    version = world.store(CONFIG, found["key"], json.dumps(content).encode())
    found |= {"version-id": version, **detail}
    return Event(event)


def _configuration(world: World) -> Event:
    return uploaded(world, _new(world).body)


def _configurations(world: World) -> Event:
    body = _new(world).body
    second = {**body, "model_name": "ebb", "endpoint_name": "ebb-live"}
    return uploaded(world, [body, {"pipeline_type": "byom_realtime_builtin"}, second])


_REGISTRATION: Final = f"provisioned/mlops-pipeline-berths-modeltraining/registrations/{'0' * 32}.json"


def _instructions(world: World, **more: Any) -> None:
    content = Instructions(model_package_group_name="berths", **more).as_json()
    world.store(world.settings.launch.pipelines_bucket, _REGISTRATION, content)


def _job_ended(world: World, **more: Any) -> Event:
    _instructions(world, **more)
    event = copy.deepcopy(read_json("events/training_job_ended.json"))
    event["detail"]["Tags"]["registration"] = _REGISTRATION
    world.sagemaker.described["berths-1"] = read_json("events/training_job_description.json")
    return Event(event)


def _job_below_the_gate(world: World) -> Event:
    return _job_ended(world, min_metric={"validation:auc": 0.99})


def _jobs_checked(world: World) -> Event:
    _instructions(world)
    event = read_json("events/jobs_to_check.json")
    world.sagemaker.described["berths-a"] = {
        **read_json("events/automl_job_description.json"),
        "EndTime": "2026-11-22T10:10:00+00:00",
        "LastModifiedTime": "2026-11-22T10:10:00+00:00",
    }
    tags = {"pipeline_type": "model_autopilot_training", "model_name": "berths", "registration": _REGISTRATION}
    world.sagemaker.tags = {**tags, "stack_name": "mlops-pipeline-berths-autopilot"}
    return Event(event)


def _pipeline_failed(_: World) -> Event:
    event = copy.deepcopy(read_json("events/pipeline_ended.json"))
    event["detail"]["state"] = "FAILED"
    return Event(event)


def _runs_missing(_: World) -> Event:
    return Event(read_json("events/monitor_alarm_changed.json"))


def _monitoring_run_ended(_: World) -> Event:
    return Event(read_json("events/monitoring_run_ended.json"))


def _custom(world: World, kind: str, **more: Any) -> CustomResource:
    properties = {"ServiceToken": "arn:of:function", "Operation": "CreateTransformJob", "Request": REQUEST}
    event = {
        "RequestType": kind,
        "ResponseURL": "https://of-cloudformation.example",
        "StackId": STACK,
        "RequestId": "5c0f",
        "LogicalResourceId": "TransformJob",
        "ResourceProperties": {**properties, "NamePrefix": f"{MODEL}-batch-transform"},
    }
    return CustomResource(world.inline.handler, {**event, **more})


def _job_resource(world: World) -> CustomResource:
    return _custom(world, "Create")


def _started(world: World) -> str:
    made = _custom(world, "Create").until_it_ends(world)
    return str(made[-1].told["PhysicalResourceId"])


def _changed_job_resource(world: World) -> CustomResource:
    started = _started(world)
    changed = _custom(world, "Update", PhysicalResourceId=started)
    before = copy.deepcopy(changed.event["ResourceProperties"])
    changed.event["OldResourceProperties"] = before
    changed.event["ResourceProperties"] = {**before, "Request": {**REQUEST, "MaxPayloadInMB": "7"}}
    return changed


def _removed_job_resource(world: World) -> CustomResource:
    return _custom(world, "Delete", PhysicalResourceId=_started(world))


def _bucket_events(world: World) -> CustomResource:
    calls.client("s3").create_bucket(
        Bucket="the-operators-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    made = _custom(world, "Create", ResourceProperties={"BucketName": "the-operators-bucket"})
    return CustomResource(bucket_events.handler, made.event)


SCENARIOS: Final = (
    Scenario("provision a new pipeline", _new),
    Scenario("provision a new pipeline with stages", _new_in_stages, is_multi=True),
    Scenario("provision again", _again),
    Scenario("provision a changed request", _changed),
    Scenario("provision after an upgrade", _renewed),
    Scenario("provision over a broken stack", _over_broken),
    Scenario("provision an image builder", _image_builder),
    Scenario("provision an image builder whose name is taken", _second_image_builder),
    Scenario("provision with planned objects", _clarify),
    Scenario("delete: the request", _deletion, follow=_events_go_on),
    Scenario("delete: the pipeline's stack is gone", _pipeline_stack_ended, follow=_events_go_on),
    Scenario("delete: the deployed stack is gone", _deployed_stack_ended),
    Scenario("delete with stages: the request", _deletion_in_stages, is_multi=True, follow=_events_go_on),
    Scenario("delete with stages: the stack is gone", _stack_ended_in_stages, is_multi=True, follow=_events_go_on),
    Scenario("delete with stages: an operation has ended", _operation_ended_in_stages, is_multi=True),
    Scenario("stage: a new StackSet", _stage),
    Scenario("stage: a changed StackSet", _stage_changed),
    Scenario("stage: an instance is missing", _stage_incomplete),
    Scenario("stage: somebody else's operation runs", _stage_busy),
    Scenario("configuration: one request", _configuration),
    Scenario("configuration: several requests", _configurations),
    Scenario("a job has ended: its model is registered", _job_ended),
    Scenario("a job has ended: its model is rejected", _job_below_the_gate),
    Scenario("the check of Autopilot jobs", _jobs_checked),
    Scenario("a pipeline has failed", _pipeline_failed),
    Scenario("a monitoring run has ended", _monitoring_run_ended),
    Scenario("runs of a monitor are missing", _runs_missing),
    Scenario("approval: a newer version is approved", approving.approved),
    Scenario("approval: the deployed version is rejected", approving.rejected),
    Scenario("approval: no version is left", approving.none_left),
    Scenario("retraining: a run has found violations", retraining.drifted),
    Scenario("retraining: a run has found violations, and data is to be written", retraining.drifted_with_truth),
    Scenario("retraining: the data is written", retraining.data_written),
    Scenario("custom resource: a job is started", _job_resource),
    Scenario("custom resource: a job is changed", _changed_job_resource),
    Scenario("custom resource: a job is stopped", _removed_job_resource),
    Scenario("custom resource: the events of a bucket", _bucket_events),
)
