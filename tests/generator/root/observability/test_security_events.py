# SPDX-License-Identifier: Apache-2.0
"""Which calls people hear of, by the patterns of both root templates: what should never happen, and nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest
from moto.events.models import EventPattern

from tests.generator.resolving import properties

Template = dict[str, Any]
Event = dict[str, Any]
EVENTS: Final = Path(__file__).parents[3] / "events"
POLICY: Final = "arn:aws:iam::111122223333:policy/mlops-RequestReachPolicy-1A2B"
ROLE: Final = "arn:aws:iam::111122223333:role/"
GIVEN: Final = {
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d",
    "ArtifactBucket": "quayside-artifacts",
    "PipelinesBucket": "quayside-pipelines",
    "RequestReachPolicy": POLICY,
    "ExistingS3Bucket": "",
    "ConfigS3Bucket": "",
    "AllowedRepositories": "harbour/*",
    "FunctionSubnetIds": "subnet-0a1b2c3d",
}
# The quota of EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_LONGEST_PATTERN: Final = 2048


@pytest.fixture(params=["single", "multi"])
def root(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    return templates[f"mlops-orchestrator-{request.param}-account.yaml"]


def matches(root: Template, rule: str, event: Event) -> bool:
    named = {name: f"mlops-{name}-1A2B" for name in root["Resources"]}
    pattern = json.dumps(properties(root, rule, {**named, **GIVEN})["EventPattern"])
    return bool(EventPattern.load(pattern).matches_event(event))  # type: ignore[arg-type]


def event(name: str, *, role: str = "", requested: dict[str, str] | None = None, **detail: Any) -> Event:
    found: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    changed = copy.deepcopy(found)
    changed["detail"].update(detail)
    changed["detail"]["requestParameters"].update(requested or {})
    if role:
        changed["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = role
    return changed


REFUSED: Final = {
    "a write": event("refused_write"),
    "a deletion in the pipelines bucket": event(
        "refused_write", eventName="DeleteObject", requested={"bucketName": "quayside-pipelines"}
    ),
    "a part of a large object": event("refused_write", eventName="CreateMultipartUpload"),
    "a policy of the bucket": event("refused_write", eventName="PutBucketPolicy"),
    "a role in the account of a stage": event(
        "refused_write", role="arn:aws:iam::222233334444:role/StackSet-mlops-pipeline-berth-SageMakerRole-1A2B"
    ),
}
NOT_REFUSED: Final = {
    "an allowed write": event("refused_write", errorCode=None),
    "another error": event("refused_write", errorCode="NoSuchBucket"),
    "a reading": event("refused_write", eventName="GetObject"),
    "another bucket": event("refused_write", requested={"bucketName": "quayside-assets"}),
    "somebody else's role": event("refused_write", role=f"{ROLE}AWSReservedSSO_Developer_1A2B"),
    "an application's event": event("refused_write") | {"source": "ours"},
}
CHANGED: Final = {
    "a policy in a role": event("role_changed"),
    "the trust of a role": event("role_changed", eventName="UpdateAssumeRolePolicy"),
    "the boundary of a role": event("role_changed", eventName="DeleteRolePermissionsBoundary"),
    "a managed policy": event(
        "role_changed", eventName="CreatePolicyVersion", requested={"roleName": "", "policyArn": POLICY}
    ),
    "by another service": event("role_changed", sourceIPAddress="ssm.amazonaws.com"),
}
NOT_CHANGED: Final = {
    "by CloudFormation": event("role_changed", sourceIPAddress="cloudformation.amazonaws.com"),
    "an attempt that was refused": event("role_changed", errorCode="AccessDenied"),
    "another role": event("role_changed", requested={"roleName": "mlops-DeployRole-of-somebody"}),
    "a role of a pipeline": event("role_changed", requested={"roleName": "mlops-pipeline-berth-SageMakerRole-1A2B"}),
    "another policy": event(
        "role_changed", eventName="CreatePolicyVersion", requested={"roleName": "", "policyArn": f"{POLICY}3"}
    ),
    "the policy for another role": event(
        "role_changed", eventName="AttachRolePolicy", requested={"roleName": "another", "policyArn": POLICY}
    ),
    "a look": event("role_changed", eventName="GetRolePolicy"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_write_by_a_role_of_a_pipeline_matches(root: Template, case: str) -> None:
    assert matches(root, "RefusedWriteRule", REFUSED[case])


@pytest.mark.parametrize("case", NOT_REFUSED)
def test_no_other_call_of_s3_does(root: Template, case: str) -> None:
    assert not matches(root, "RefusedWriteRule", NOT_REFUSED[case])


@pytest.mark.parametrize("case", CHANGED)
def test_a_change_of_a_role_or_policy_of_the_root_stack_matches(root: Template, case: str) -> None:
    assert matches(root, "ChangedRoleRule", CHANGED[case])


@pytest.mark.parametrize("case", NOT_CHANGED)
def test_no_other_call_of_iam_does(root: Template, case: str) -> None:
    assert not matches(root, "ChangedRoleRule", NOT_CHANGED[case])


@pytest.mark.parametrize("rule", ["RefusedWriteRule", "ChangedRoleRule"])
def test_the_rules_hand_calls_to_the_function_that_may_be_invoked_by_them(root: Template, rule: str) -> None:
    made = root["Resources"][rule]["Properties"]
    assert made["Targets"] == root["Resources"]["JobEndedRule"]["Properties"]["Targets"]
    assert properties(root, rule, GIVEN)["Name"].startswith("mlops-jobs-0a1b2c3d-")


@pytest.mark.parametrize("kind", ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"])
def test_no_role_and_no_policy_of_the_template_is_left_out(root: Template, kind: str) -> None:
    names = {name for name, resource in root["Resources"].items() if resource["Type"] == kind}
    watched = json.dumps(root["Resources"]["ChangedRoleRule"]["Properties"]["EventPattern"])
    assert names
    assert {name for name in names if f'{{"Ref": "{name}"}}' in watched} == names


@pytest.mark.parametrize("rule", ["RefusedWriteRule", "ChangedRoleRule"])
def test_eventbridge_takes_the_pattern_with_the_longest_names(root: Template, rule: str) -> None:
    kinds = {"AWS::IAM::Role": "r" * 64, "AWS::IAM::ManagedPolicy": f"{POLICY[:31]}{'p' * 128}"}
    longest = {name: kinds.get(resource["Type"], "b" * 63) for name, resource in root["Resources"].items()}
    given = {**GIVEN, "ArtifactBucket": "b" * 63, **longest, "RolePath": f"/{'p' * 100}/"}
    assert len(json.dumps(properties(root, rule, given)["EventPattern"])) <= _LONGEST_PATTERN
