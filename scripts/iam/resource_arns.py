# SPDX-License-Identifier: Apache-2.0
"""ARNs of what a template makes, as patterns: from the name that a property gives, or that CloudFormation makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.iam.resolving import UNKNOWN, Place, Resolver


@dataclass(frozen=True)
class Naming:
    """How the ARN of a type ends (`{}` is the name), and which property has the name.

    Without the property the name begins with the stack's; `by_logical_id` is true where it may begin with the logical
    id instead (lesson 104), and `ref_is_arn` where Ref gives the ARN.
    """

    rest: str
    name: str = ""
    by_logical_id: bool = False
    ref_is_arn: bool = False
    service: str = ""


def _sagemaker(noun: str, name: str = "", by_logical_id: bool = False) -> Naming:
    return Naming(f"{noun}/{{}}", name, by_logical_id, ref_is_arn=True)


_NAMINGS: Final[Mapping[str, Naming]] = {
    "AWS::CloudWatch::Alarm": Naming("alarm:{}", "AlarmName"),
    "AWS::CodeBuild::Project": Naming("project/{}", "Name"),
    "AWS::CodePipeline::Pipeline": Naming("{}", "Name"),
    "AWS::Events::Rule": Naming("rule/{}", "Name"),
    "AWS::Lambda::Function": Naming("function:{}", "FunctionName"),
    "AWS::Logs::LogGroup": Naming("log-group:{}:*", "LogGroupName"),
    "AWS::SageMaker::DataQualityJobDefinition": _sagemaker("data-quality-job-definition", "JobDefinitionName", True),
    "AWS::SageMaker::Endpoint": _sagemaker("endpoint", "EndpointName", True),
    "AWS::SageMaker::EndpointConfig": _sagemaker("endpoint-config", "EndpointConfigName", True),
    "AWS::SageMaker::Model": _sagemaker("model", "ModelName", True),
    "AWS::SageMaker::ModelBiasJobDefinition": _sagemaker("model-bias-job-definition", "JobDefinitionName", True),
    "AWS::SageMaker::ModelExplainabilityJobDefinition": _sagemaker(
        "model-explainability-job-definition", "JobDefinitionName", True
    ),
    "AWS::SageMaker::ModelQualityJobDefinition": _sagemaker("model-quality-job-definition", "JobDefinitionName", True),
    "AWS::SageMaker::MonitoringSchedule": _sagemaker("monitoring-schedule", "MonitoringScheduleName", True),
    "AWS::SageMaker::ProcessingJob": _sagemaker("processing-job", "ProcessingJobName", True),
    "AWS::SNS::Topic": Naming("{}", "TopicName"),
    "AWS::SQS::Queue": Naming("{}", "QueueName"),
    "AWS::Scheduler::Schedule": Naming("schedule/default/{}", "Name"),
}
_ROLE: Final = "AWS::IAM::Role"
_REST_API: Final = "AWS::ApiGateway::"
_API_ID: Final = "?" * 10


def is_exact(type_name: str) -> bool:
    """Whether the names of a type's resources are known here, so that a policy can be held against them."""
    return type_name in _NAMINGS or type_name in _OWN or type_name.startswith(_REST_API)


def of(resolver: Resolver, logical_id: str) -> list[str]:
    """The ARNs that the permissions of a resource are about; a star where the type is not known here."""
    type_name = resolver.template["Resources"][logical_id]["Type"]
    if type_name.startswith(_REST_API):
        return _rest_apis(resolver.place)
    own = _OWN.get(type_name)
    if own is not None:
        return list(own(resolver, logical_id))
    naming = _NAMINGS.get(type_name)
    if naming is None:
        return [UNKNOWN]
    service = type_name.split("::")[1].lower()
    # API names in SageMaker's ARNs are in lower case.
    lower = str.lower if naming.ref_is_arn else str
    names = _names(resolver, logical_id, naming)
    return [resolver.place.arn(service, naming.rest.format(lower(name))) for name in names]


def physical(resolver: Resolver, logical_id: str) -> list[str]:
    """What Ref of a resource stands for."""
    type_name = resolver.template["Resources"][logical_id]["Type"]
    naming = _NAMINGS.get(type_name)
    if naming is not None and naming.ref_is_arn:
        return of(resolver, logical_id)
    if naming is not None:
        return _names(resolver, logical_id, naming)
    if type_name == _REST_API + "RestApi":
        return [_API_ID]
    return _names(resolver, logical_id, Naming("", "RoleName")) if type_name == _ROLE else [UNKNOWN]


def _names(resolver: Resolver, logical_id: str, naming: Naming) -> list[str]:
    given = resolver.properties(logical_id).get(naming.name)
    if given is not None:
        found = resolver.texts(given)
        if not _may_be_absent(given):
            return found
        return [*found, *_made_up(resolver, logical_id, naming)]
    return _made_up(resolver, logical_id, naming)


def _may_be_absent(value: Any) -> bool:
    return isinstance(value, Mapping) and "Fn::If" in value and {"Ref": "AWS::NoValue"} in value["Fn::If"]


def _made_up(resolver: Resolver, logical_id: str, naming: Naming) -> list[str]:
    after_stack = f"{resolver.place.stack}-{logical_id}-*"
    return [f"{logical_id}-*", after_stack] if naming.by_logical_id else [after_stack]


def _role(resolver: Resolver, logical_id: str) -> Iterator[str]:
    given = resolver.properties(logical_id)
    paths = resolver.texts(given["Path"]) if "Path" in given else []
    if not paths or (_may_be_absent(given.get("Path")) and UNKNOWN in paths):
        paths = [*paths, "/"]
    for path in paths:
        for name in physical(resolver, logical_id):
            yield resolver.place.arn("iam", f"role{path}{name}", region="")


def _policy(resolver: Resolver, logical_id: str) -> Iterator[str]:
    """The roles that an inline policy is put into; the template names them by Ref."""
    for value in resolver.properties(logical_id).get("Roles", ()):
        name = str(value.get("Ref")) if isinstance(value, Mapping) else ""
        if name in resolver.template["Resources"]:
            yield from _role(resolver, name)
        else:
            for text in resolver.texts(value):
                yield resolver.place.arn("iam", f"role/{text}", region="")


def _invoked(resolver: Resolver, logical_id: str) -> Iterator[str]:
    for text in resolver.texts(resolver.properties(logical_id).get("FunctionName", UNKNOWN)):
        yield text if text.startswith("arn:") else resolver.place.arn("lambda", f"function:{text}")


def _rest_apis(place: Place) -> list[str]:
    """API Gateway gives ids, so that no name can limit them."""
    return [place.arn("apigateway", path, account="") for path in ("/restapis", "/restapis/*", "/tags/*")]


_OWN: Final[Mapping[str, Callable[[Resolver, str], Iterator[str]]]] = {
    "AWS::IAM::Policy": _policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Permission": _invoked,
}
