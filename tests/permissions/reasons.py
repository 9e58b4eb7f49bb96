# SPDX-License-Identifier: Apache-2.0
"""What roles may do and nothing proves that they must: each with its reason, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Reasons = Mapping[str, Mapping[str, str]]

BEYOND: Final[Reasons] = {
    "DeployRole": {
        "sagemaker:DescribeModelPackage": "SageMaker reads the version that a model is made of in the maker's name",
    },
    "PipelineStackRole": {},
}
"""Role that makes stacks -> action that no handler of a resource in our templates needs -> why it is allowed."""

_TRACES: Final[Mapping[str, str]] = dict.fromkeys(
    ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    "Lambda sends traces in the function's name; the local AWS has no X-Ray",
)
_INTERFACES: Final[Mapping[str, str]] = dict.fromkeys(
    (
        *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
        *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"),
    ),
    "Lambda makes the network interfaces of a function in a VPC in its name; its code is denied them",
)
_KEYS: Final[Mapping[str, str]] = dict.fromkeys(
    ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
    "SageMaker and S3 use the key of a request in the caller's name; the local AWS does so for topics and queues only",
)
_LOST_EVENTS: Final[Mapping[str, str]] = dict.fromkeys(
    ("kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage"),
    "Lambda sends an event that failed to the encrypted queue in the function's name",
)
_LOGS: Final[Mapping[str, str]] = dict.fromkeys(
    ("logs:CreateLogStream", "logs:PutLogEvents"),
    "Lambda writes the log in the function's name",
)
_DELEGATED: Final = "CloudFormation asks whether the account is a delegated administrator, where it is launched as one"
_FEWER_TAGS: Final = "CloudFormation asks for it when a stack is to have fewer tags"

NEVER: Final[Reasons] = {
    "BucketEventsRole": {**_TRACES, **_LOST_EVENTS, **_LOGS},
    "InferenceRole": {**_TRACES, **_INTERFACES, **_LOGS},
    "OrchestratorRole": {
        **_TRACES,
        "cloudformation:ListStacks": "CloudFormation asks for it beside DescribeStacks without a name",
        "cloudformation:UntagResource": _FEWER_TAGS,
        "codebuild:BatchGetBuilds": "says why a build failed; tests/orchestrator does it on moto",
        "codepipeline:ListPipelines": "finds approvals that wait; tests/orchestrator does it on moto",
        "ecr:BatchGetImage": "SageMaker looks at the image of a version that is registered, in the caller's name",
        "ecr:DescribeImages": "SageMaker looks at the image of a version that is registered, in the caller's name",
        "kms:CreateGrant": _KEYS["kms:CreateGrant"],
        "kms:DescribeKey": _KEYS["kms:DescribeKey"],
        "kms:RetireGrant": _KEYS["kms:CreateGrant"],
        "organizations:ListDelegatedAdministrators": _DELEGATED,
        "sagemaker:DescribeProcessingJob": "says why a run of a monitor failed; tests/orchestrator does it on moto",
        "sagemaker:DescribeTransformJob": "says why a transform job failed; tests/orchestrator does it on moto",
    },
    "SageMakerJobRole": {**_TRACES, **_INTERFACES, **_KEYS},
    "StageDeployerRole": {
        **_TRACES,
        "cloudformation:UntagResource": _FEWER_TAGS,
        "organizations:ListDelegatedAdministrators": _DELEGATED,
    },
}
"""Role of a function -> action that its code never calls while the tests run on the local AWS -> why it is allowed."""

RARELY: Final[Reasons] = {
    "OrchestratorRole": {
        "sqs:SendMessage": _LOST_EVENTS["sqs:SendMessage"],
        "s3:DeleteObject": "takes back a marker when people could not be told; tests/faults makes that happen",
    },
    "StageDeployerRole": {
        "cloudformation:ListStackSetOperations": "looks for the operation that is in the way, when one is",
    },
}
"""The same for what is called only if the timing of a run is so."""
