# SPDX-License-Identifier: Apache-2.0
"""IAM actions and resources that an operation needs.

Mostly, the action has the operation's name, and one parameter (`_RESOURCES`) names the resource. Operations in no
table need their action on "*", so that an unknown operation is refused and not let through.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from scripts.local_aws.enforcement.needed import encryption, pass_role, resource_names, s3_needs, sagemaker_needs
from scripts.local_aws.enforcement.needed.resource_names import Namer
from scripts.local_aws.enforcement.operations import Need, Operation, tag_context

# botocore's name of a service -> IAM's prefix, where they differ.
_PREFIXES: Final[Mapping[str, str]] = {
    "elbv2": "elasticloadbalancing",
    "sagemaker-runtime": "sagemaker",
    "resourcegroupstaggingapi": "tag",
}
# Operations whose action has another name.
_ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "GetFunctionConfiguration"): "GetFunctionConfiguration",
}
# Needs no permission.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE: Final = frozenset({("sts", "GetCallerIdentity")})
# Operations that also need a tagging action if the request has tags. Services not listed here need their own action
# alone; S3 and SageMaker have modules of their own.
_TAGGED: Final[Mapping[tuple[str, str], str]] = {
    ("cloudformation", "CreateStack"): "cloudformation:TagResource",
    ("cloudformation", "CreateStackSet"): "cloudformation:TagResource",
    ("cloudformation", "UpdateStackSet"): "cloudformation:TagResource",
    ("cloudwatch", "PutMetricAlarm"): "cloudwatch:TagResource",
    ("codepipeline", "CreatePipeline"): "codepipeline:TagResource",
    ("ecs", "CreateCluster"): "ecs:TagResource",
    ("ecs", "CreateService"): "ecs:TagResource",
    ("ecs", "RegisterTaskDefinition"): "ecs:TagResource",
    ("elbv2", "CreateLoadBalancer"): "elasticloadbalancing:AddTags",
    ("elbv2", "CreateTargetGroup"): "elasticloadbalancing:AddTags",
    ("events", "PutRule"): "events:TagResource",
    ("iam", "CreateRole"): "iam:TagRole",
    ("kms", "CreateKey"): "kms:TagResource",
    ("lambda", "CreateFunction"): "lambda:TagResource",
    ("logs", "CreateLogGroup"): "logs:TagResource",
    ("sns", "CreateTopic"): "sns:TagResource",
    ("sqs", "CreateQueue"): "sqs:TagQueue",
}
# Operations on two kinds of resources, one of which the tables do not name.
_MORE: Final[Mapping[tuple[str, str], Namer]] = {
    ("cloudformation", "CreateStackInstances"): resource_names.stack_set_targets,
    ("cloudformation", "DeleteStackInstances"): resource_names.stack_set_targets,
    ("kms", "CreateAlias"): resource_names.target_key,
    ("kms", "DeleteAlias"): resource_names.target_key,
    ("kms", "UpdateAlias"): resource_names.target_key,
}
_OWN: Final[Mapping[str, Callable[[Operation], Iterator[Need]]]] = {
    "s3": s3_needs.needs,
    "sagemaker": sagemaker_needs.needs,
    "sagemaker-runtime": sagemaker_needs.needs,
}


def of(operation: Operation) -> list[Need]:
    """Return all permissions needed; empty for operations that need none."""
    if (operation.service, operation.name) in _FREE:
        return []
    own = list(_OWN.get(operation.service, _general)(operation))
    keys = (use for need in own for use in encryption.behind(need.action, need.resource))
    return [*own, *keys, *pass_role.needs(operation)]


def _general(operation: Operation) -> Iterator[Need]:
    prefix, key = _PREFIXES.get(operation.service, operation.service), (operation.service, operation.name)
    action = f"{prefix}:{_action(operation)}"
    tags = _tags(operation)
    context = {**resource_names.context(operation), **tag_context(tags)}
    resources = list(resource_names.of(operation))
    for resource in resources:
        yield Need(action, resource, context)
    for resource in _MORE.get(key, resource_names.none)(operation):
        yield Need(action, resource, context)
    if tags and key in _TAGGED:
        yield Need(_TAGGED[key], resource_names.tagged(operation, resources[0]), context)


def _action(operation: Operation) -> str:
    if operation.service == "apigateway":
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-iam-permissions-model-for-managing-apis.html
        return operation.method
    return _ACTIONS.get((operation.service, operation.name), operation.name)


def _tags(operation: Operation) -> dict[str, str]:
    """Return the tags of a request, which services write as a map or as a list of pairs."""
    given: Any = operation.parameters.get("Tags") or operation.parameters.get("tags") or {}
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    pairs = [each for each in given if isinstance(each, Mapping)]
    return {_either(each, "Key"): _either(each, "Value") for each in pairs}


def _either(pair: Mapping[str, Any], name: str) -> str:
    found = next((pair[each] for each in (name, name.lower(), f"Tag{name}") if each in pair), "")
    return str(found)
