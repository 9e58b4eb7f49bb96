# SPDX-License-Identifier: Apache-2.0
"""Check of the local AWS's events against AWS's documentation of them, if the tests ask for it.

SageMaker's events of jobs have the members of the Describe operation's answer, and tags. Where AWS's sources differ,
both forms are accepted: the samples of SageMaker's guide have tags as a map, EventBridge's schema registry as a list.
Those of model packages have the members of its answer, too, with times as text and the names of what was changed.
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.mixins_preview.aws_sagemaker.events.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.local_aws import answer_constraints, identity

_ARTIFACTS: Final = [{"name": "", "s3location": {"bucket": "", "key": ""}}]
_EXECUTION: Final = {
    "pipeline": "",
    "execution-id": "",
    "start-time": "",
    "version": 0,
    "pipeline-execution-attempt": 0,
    "state": "",
}
_STATUS: Final = {"status": "", "status-reason": ""}
_ANY_NAMES: Final[Mapping[str, Any]] = {}
_METRIC: Final = {"metric": {"dimensions": _ANY_NAMES, "name": "", "namespace": ""}, "period": 0, "stat": ""}
_ALARM_STATE: Final = {"value": "", "reason": "", "reasonData": "", "timestamp": ""}
_DETAILS: Final[Mapping[str, Mapping[str, Any]]] = {
    # https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
    "CodePipeline Pipeline Execution State Change": {
        **_EXECUTION,
        "execution-trigger": {"trigger-type": "", "trigger-detail": ""},
    },
    "CodePipeline Stage Execution State Change": {**_EXECUTION, "stage": ""},
    "CodePipeline Action Execution State Change": {
        **_EXECUTION,
        "stage": "",
        "action": "",
        "action-execution-id": "",
        "region": "",
        "type": {"owner": "", "category": "", "provider": "", "version": ""},
        "input-artifacts": _ARTIFACTS,
        "output-artifacts": _ARTIFACTS,
        "execution-result": {
            "external-execution-id": "",
            "external-execution-url": "",
            "external-execution-summary": "",
            "error-code": "",
        },
    },
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks-event-bridge.html
    "CloudFormation Stack Status Change": {
        "stack-id": "",
        "client-request-token": "",
        "status-details": _STATUS,
    },
    "CloudFormation StackSet Operation Status Change": {
        "stack-set-arn": "",
        "stack-set-operation-id": "",
        "status-details": _STATUS,
    },
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    "CloudWatch Alarm State Change": {
        "alarmName": "",
        "configuration": {
            "description": "",
            "metrics": [{"id": "", "expression": "", "label": "", "metricStat": _METRIC, "returnData": True}],
        },
        "previousState": _ALARM_STATE,
        "state": _ALARM_STATE,
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    "Object Created": {
        "version": "",
        "bucket": {"name": ""},
        "object": {"key": "", "size": 0, "etag": "", "version-id": "", "sequencer": ""},
        "request-id": "",
        "requester": "",
        "source-ip-address": "",
        "reason": "",
    },
}
"""Members of the samples, each with a value of its type."""
_PACKAGE: Final = "SageMaker Model Package State Change"
_UPDATED: Final = "UpdatedModelPackageFields"
_UPDATED_FIELDS: Final = frozenset({
    *("ModelLifeCycle", "ModelApprovalStatus", "ApprovalDescription", "sourceUri", "CustomerMetadataProperties"),
    "InferenceSpecification",
})  # fmt: skip
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_JOB: Final = re.compile(r"SageMaker (?P<kind>[A-Za-z ]+) Job State Change")


class UndocumentedEventError(Exception):
    """Raised for an event that AWS would not send."""


def check(detail_type: str, detail: Mapping[str, Any]) -> None:
    """Raise UndocumentedEventError for an event that differs from the documentation, if the check is turned on."""
    if os.environ.get(answer_constraints.SWITCH) and (found := "; ".join(problems(detail_type, detail))):
        raise UndocumentedEventError(f"{detail_type}: {found}")


def problems(detail_type: str, detail: Mapping[str, Any]) -> Iterator[str]:
    """Yield the differences, each with the member that has it; none for an event whose documentation is unknown."""
    if job := _JOB.fullmatch(detail_type):
        yield from _job_problems(job["kind"].replace(" ", ""), detail)
    elif detail_type == _PACKAGE:
        yield from _package_problems(detail)
    elif detail_type in _DETAILS:
        yield from _differences(_DETAILS[detail_type], detail, "detail")


def _job_problems(kind: str, detail: Mapping[str, Any]) -> Iterator[str]:
    tags = detail.get("Tags", {})
    if not isinstance(tags, dict) and not (
        isinstance(tags, list) and all(set(tag) == {"Key", "Value"} for tag in tags)
    ):
        yield f"Tags are {tags!r}, neither a map nor a list of Key and Value"
    shape = identity.service_model("sagemaker").operation_model(f"Describe{kind}Job").output_shape
    described = {name: value for name, value in detail.items() if name != "Tags"}
    found = answer_constraints.differences(shape, described, "detail")
    # An event need not have all members.
    yield from (problem for problem in found if " lacks " not in problem)


def _package_problems(detail: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        f"{_UPDATED} has {name!r}, none of its values"
        for name in detail.get(_UPDATED, [])
        if name not in _UPDATED_FIELDS
    )
    shape = identity.service_model("sagemaker").operation_model("DescribeModelPackage").output_shape
    described = {name: value for name, value in detail.items() if name != _UPDATED}
    for name in ("CreationTime", "LastModifiedTime"):
        text = described.pop(name, "2021-02-24T17:00:14Z")
        if not isinstance(text, str) or not _TIME.fullmatch(text):
            yield f"detail.{name} is {text!r}, no time as text"
    found = answer_constraints.differences(shape, described, "detail")
    yield from (problem for problem in found if " lacks " not in problem)


def _differences(sample: Any, value: Any, path: str) -> Iterator[str]:
    if not _is_like(sample, value):
        yield f"{path} is {value!r}, no {type(sample).__name__}"
    elif sample is _ANY_NAMES:
        return
    elif isinstance(sample, dict):
        yield from (f"{path} has no member {name}" for name in value if name not in sample)
        for name in value.keys() & sample.keys():
            yield from _differences(sample[name], value[name], f"{path}.{name}")
    elif isinstance(sample, list):
        for number, item in enumerate(value):
            yield from _differences(sample[0], item, f"{path}[{number}]")


def _is_like(sample: Any, value: Any) -> bool:
    # JSON has one number type, and AWS's samples have both 1 and 1.0.
    return isinstance(value, (int, float) if isinstance(sample, int) else type(sample))
