# SPDX-License-Identifier: Apache-2.0
"""What roles may do and nothing proves that they must, and what they reach: each with its reason, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Reasons = Mapping[str, Mapping[str, str]]

BEYOND: Final[Reasons] = {
    "DeployRole": {
        "sagemaker:DescribeModelPackage": "SageMaker reads the version that a model is made of in the maker's name",
        "sagemaker:UpdateEndpointWeightsAndCapacities": "Application Auto Scaling tries it in the maker's name",
    },
    "PipelineStackRole": {},
}
"""Role that makes stacks -> action that no handler of a resource in our templates needs -> why it is allowed."""

BY_BUCKETS: Final = {"DeployRole": {"s3:GetObject": "PipelinesBucketPolicy"}, "PipelineStackRole": {}}
"""Role that makes stacks -> action that it needs -> the policy of a bucket that allows it, and not the role's own."""

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
    "InferenceRole": {**_TRACES, **_INTERFACES},
    "OrchestratorRole": {
        **_TRACES,
        "cloudformation:ListStacks": "CloudFormation asks for it beside DescribeStacks without a name",
        "cloudformation:UntagResource": _FEWER_TAGS,
        "cloudwatch:DescribeAlarms": "finds alarms that a deployment names; tests/orchestrator does it on moto",
        "codebuild:BatchGetBuilds": "says why a build failed; tests/orchestrator does it on moto",
        "codepipeline:ListPipelines": "finds approvals that wait; tests/orchestrator does it on moto",
        "ecr:BatchGetImage": "SageMaker looks at the image of a version that is registered, in the caller's name",
        "kms:CreateGrant": _KEYS["kms:CreateGrant"],
        "kms:RetireGrant": _KEYS["kms:CreateGrant"],
        "organizations:ListDelegatedAdministrators": _DELEGATED,
        "sns:GetTopicAttributes": "finds topics that a request names; tests/orchestrator does it on moto",
        "sagemaker:ListHyperParameterTuningJobs": "finds retrainings of a tuning pipeline, as it does of a training",
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
    "InferenceRole": {
        **dict.fromkeys(_LOGS, "logs nothing but why an endpoint does not answer, as one of tests/cli"),
        "s3:PutObject": "puts what an endpoint answers later, where the test deploys such an endpoint",
        "sagemaker:InvokeEndpointAsync": "asks an endpoint that answers later, where the test deploys one",
    },
    "OrchestratorRole": {
        "sqs:SendMessage": _LOST_EVENTS["sqs:SendMessage"],
        "sagemaker:DescribeProcessingJob": "looks at a run of a monitor whose event does not say what came of it",
        "sagemaker:DescribeTransformJob": "tells how a transform job ended, when a test looks at such a pipeline",
        "sagemaker:ListMonitoringExecutions": "lists runs on SageMaker's engine, when a test asks for them",
        "s3:DeleteObject": "takes back a marker when people could not be told; tests/faults makes that happen",
    },
    "StageDeployerRole": {
        "cloudformation:ListStackSetOperations": "looks for the operation that is in the way, when one is",
    },
}
"""The same for what is called only if the timing of a run is so."""

Reached = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Who -> why -> protected thing -> what harm that could do: the words of `tests/permissions/protected.py`."""

_SHARED: Final = (
    "all pipelines share the role; it is limited to the names of pipelines, and CloudFormation works under it"
)
_NEXT: Final = "the next role of the chain, for one service"
_ENCRYPTED: Final = "the topic, the queue, logs and environments of functions are encrypted with it"
_THROUGH: Final = (
    "what a request names may be encrypted with any key; it is used through S3 and SageMaker, never directly"
)
_LOOKED_AT: Final = "looks at the version or image that a request names, after validation"

REACHED: Final[Reached] = {
    "BucketEventsRole": {
        _ENCRYPTED: {"the solution's key": "read use"},
        "Lambda sends an event that failed to the queue": {"lost events": "use"},
    },
    "DeployRole": {
        _SHARED: {
            "logs of another pipeline": "write",
            "roles of another pipeline": "use write",
            "the function of another pipeline": "read use write",
            "the schedule of another pipeline": "write",
        },
        "requests choose the names of what SageMaker runs, and CloudFormation works under the role": {
            "a job of another pipeline": "read write",
            "a run of another monitor": "read write",
            "an endpoint of another pipeline": "read write",
            "the schedule of another monitor": "read write",
        },
        "API Gateway gives ids, so that no name can limit it; CloudFormation works under the role": {
            "the API of another pipeline": "write"
        },
        _ENCRYPTED: {"the solution's key": "read use"},
        _LOOKED_AT: {
            "a model package group of another account": "read",
            "a model package group of others": "read",
        },
        _THROUGH: {"another key": "read", "another key of another account": "read"},
    },
    "ImageBuildRole": {
        "IAM has no condition for an image's tag": {"other tags of a repository that the request names": "read write"},
    },
    "OrchestratorRole": {
        "it works for all pipelines, and only the solution's own code runs in it": {
            "StackSets of another pipeline": "write",
            "a job of another pipeline": "read",
            "a run of another monitor": "read write",
            "an endpoint of another pipeline": "read",
            "a model card": "read write",
            "a model of another pipeline": "read",
            "another pipeline": "use",
            "the schedule of another monitor": "read",
            "marks of messages and of deletions": "list read write",
            "pipeline types that were added": "list read",
            "requests that another pipeline keeps": "list read write",
            "stacks of another pipeline": "write",
            "the mark of a registered version": "read write",
            "the package of another pipeline": "list read write",
        },
        "reads the baselines and results of requests there": {
            "a configuration in the assets bucket": "list read",
            "models and data of others in the assets bucket": "list read",
        },
        "configurations are requests, and their results are written beside them": {"a configuration": "add read"},
        _NEXT: {"PipelineStackRole": "use"},
        "starts runs of monitors under their own roles": {"roles of another pipeline": "use"},
        "tells people, and writes its log": {"logs of the solution": "use", "the topic": "use"},
        "Lambda sends an event that failed to the queue": {"lost events": "use"},
        _ENCRYPTED: {"the solution's key": "read use"},
        _LOOKED_AT: {
            "a model package group of another account": "read",
            "a model package group of others": "read",
            "another repository of another account": "read",
            "other tags of a repository that the request names": "read",
        },
        _THROUGH: {"another key": "read", "another key of another account": "read"},
    },
    "PipelineRole": {
        "all pipelines share the role; it is limited to the names of pipelines, and CodePipeline works under it": {
            "artifacts of another pipeline's runs": "list read write",
            "builds of another pipeline": "use",
            "requests that another pipeline keeps": "list read",
            "stacks of another pipeline": "write",
            "the package of another pipeline": "list read",
        },
        "CodePipeline lists the bucket of a source": {
            "marks of messages and of deletions": "list",
            "pipeline types that were added": "list",
            "the mark of a registered version": "list",
        },
        "sources of images lie there": {
            "a configuration in the assets bucket": "read",
            "models and data of others in the assets bucket": "read",
        },
        _NEXT: {"DeployRole": "use"},
        "deploys to other accounts by the stage deployer, and asks for approval": {
            "functions of the solution": "use",
            "the topic": "use",
        },
        _ENCRYPTED: {"the solution's key": "read use"},
    },
    "PipelineStackRole": {
        _SHARED: {
            "another pipeline": "use write",
            "builds of another pipeline": "write",
            "logs of another pipeline": "write",
            "roles of another pipeline": "use write",
        },
        _NEXT: {"PipelineRole": "use", "PipelineStartRole": "use"},
    },
    "PipelineStartRole": {
        "EventBridge starts a pipeline under it when its source changes": {"another pipeline": "use"},
    },
    "SageMakerRole": {
        "AWS documents that Autopilot serves candidates from endpoints of its own, and not how it names them": {
            "a model of another pipeline": "read write",
            "an endpoint of another pipeline": "read use write",
        },
        "IAM has no condition for an image's tag": {"other tags of a repository that the request names": "read"},
        "SageMaker keeps the logs of all jobs of a kind in one group": {"logs of jobs and endpoints": "use"},
    },
    "StageDeployerRole": {
        "it works for all pipelines, and only the solution's own code runs in it": {
            "StackSets of another pipeline": "write",
            "the package of another pipeline": "read",
        },
    },
}
"""Role -> what it reaches of protected things although no request names them, and no launch parameter decides."""

ANY_KEY: Final = "every location"
NAMED: Final[Reached] = {
    ANY_KEY: {
        "requests have their data in the assets bucket: it is one trust domain": {
            "a configuration in the assets bucket": "list read",
            "models and data of others in the assets bucket": "list read write",
        },
    },
    "endpoint_name": {
        "a pipeline with the name of an endpoint that others made fails": {
            "an endpoint of another pipeline": "read use",
        },
    },
    "job_name": {
        "a name that is taken makes the job fail; Autopilot gives names that begin with it to what it makes": {
            "a job of another pipeline": "read write",
        },
    },
}
"""Key of a request, or any -> what is reached because the key names it, and no launch parameter decides."""
