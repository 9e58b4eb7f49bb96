# SPDX-License-Identifier: Apache-2.0
"""CloudFormation type `AWS::CodePipeline::Pipeline`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-pipeline.html
"""

from __future__ import annotations

import copy
from typing import Any, Self

from moto.core.common_models import CloudFormationModel

from scripts.local_aws.codepipeline import definitions
from scripts.local_aws.codepipeline.model import Trigger

# Properties of the resource that are not part of the pipeline's declaration.
_NOT_DECLARED = ("RestartExecutionOnUpdate", "DisableInboundStageTransitions", "Tags")
_NUMBERS = frozenset({"runOrder", "timeoutInMinutes"})


class PipelineResource(CloudFormationModel):
    """Pipeline that belongs to a stack."""

    is_tagged = True
    """Whether the stack's tags also apply to the pipeline."""

    def __init__(self, account: str, region: str, name: str) -> None:
        self.account = account
        self.region = region
        self.name = name

    @property
    def physical_resource_id(self) -> str:
        """Value of `Ref`: the pipeline's name."""
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the pipeline."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the name of the type."""
        return "AWS::CodePipeline::Pipeline"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether `Fn::GetAtt` has the attribute."""
        return attr == "Version"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return `Version`, the number of the declaration, which every update increments."""
        if attribute_name != "Version":
            raise KeyError(attribute_name)
        _, declaration, _ = definitions.get(self.account, self.region, self.name)
        return str(declaration["version"])

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Self:
        """Create the pipeline; its first execution starts by itself."""
        properties = cloudformation_json["Properties"]
        declaration = declared(resource_name, properties)
        definitions.create(account_id, region_name, declaration, _camel(properties.get("Tags") or []))
        return cls(account_id, region_name, resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> Self:
        """Update the declaration, or replace the pipeline if its given name changed."""
        properties = cloudformation_json["Properties"]
        # A generated name differs on each look at the template; only a given one may cause replacement.
        name = properties.get("Name") or original_resource.name
        if name != original_resource.name:
            replacement = cls.create_from_cloudformation_json(name, cloudformation_json, account_id, region_name)
            original_resource.delete(account_id, region_name)
            return replacement
        tags = _camel(properties.get("Tags") or [])
        definitions.update(account_id, region_name, declared(name, properties), tags)
        if str(properties.get("RestartExecutionOnUpdate", "false")).lower() == "true":
            trigger = Trigger("StartPipelineExecution", f"arn:aws:iam::{account_id}:root")
            definitions.start(account_id, region_name, name, trigger)
        return cls(account_id, region_name, name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Delete the pipeline by its name."""
        definitions.delete(account_id, region_name, resource_name)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the pipeline; moto calls this for a resource that it holds."""
        definitions.delete(account_id, region_name, self.name)


def declared(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the API's declaration of a pipeline from the resource's properties."""
    kept = {key: copy.deepcopy(value) for key, value in properties.items() if key not in _NOT_DECLARED}
    declaration = _camel(kept)
    return dict(declaration) | {"name": name}


def _camel(value: Any) -> Any:
    """Return property names as the API spells them; an action's configuration stays unchanged."""
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {(name := key[0].lower() + key[1:]): _value(name, each) for key, each in value.items()}


def _value(name: str, value: Any) -> Any:
    if name == "configuration":
        return {key: _text(each) for key, each in value.items() if each is not None}
    return int(value) if name in _NUMBERS else _camel(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
