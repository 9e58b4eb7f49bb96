# SPDX-License-Identifier: Apache-2.0
"""The solution is one application: what the root template makes has its tag, and who deploys pipelines may tag them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

ROOTS: Final = ("mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml")
# Their schemas do not say what tagging needs; CreateProject and UpdateProject are all.
UNTOLD: Final = {"AWS::CodeBuild::Project"}
# Only in accounts of stages, where StackSets deploy under a role of their own.
ELSEWHERE: Final = "AWS::Events::Rule"

Template = dict[str, Any]
_TAG: Final = {"Key": "mlops:application", "Value": {"Ref": "AWS::StackName"}}


def tagging(type_: str) -> dict[str, Any]:
    """What the provider's schema says of the tags of a type."""
    if not type_.startswith("AWS::"):
        return {}
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    # Some schemas say nothing and have the property all the same.
    return dict(schema.get("tagging") or {"taggable": "Tags" in schema["properties"]})


def taggable(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template["Resources"].items():
        if tagging(resource["Type"]).get("taggable"):
            yield name, resource


def allowed(template: Template, role: str) -> set[str]:
    """Every action that a role has on something."""
    policies = template["Resources"][role]["Properties"]["Policies"]
    return {
        action
        for policy in policies
        for statement in policy.get("PolicyDocument", {}).get("Statement", ())
        for action in statement["Action"]
    }


@pytest.mark.parametrize("path", ROOTS)
class TestRoot:
    def test_whatever_can_be_tagged_is(self, templates: dict[str, Template], path: str) -> None:
        found = dict(taggable(templates[path]))
        assert len(found) > 20
        assert [name for name, resource in found.items() if resource["Properties"]["Tags"].count(_TAG) != 1] == []

    def test_the_group_is_what_has_the_tag(self, templates: dict[str, Template], path: str) -> None:
        group = templates[path]["Resources"]["ApplicationGroup"]["Properties"]
        assert group["ResourceQuery"] == {
            "Type": "TAG_FILTERS_1_0",
            "Query": {
                "ResourceTypeFilters": ["AWS::AllSupported"],
                "TagFilters": [{"Key": _TAG["Key"], "Values": [_TAG["Value"]]}],
            },
        }

    def test_the_orchestrator_knows_the_tag_s_value(self, templates: dict[str, Template], path: str) -> None:
        function = templates[path]["Resources"]["Orchestrator"]["Properties"]
        assert function["Environment"]["Variables"]["APPLICATION"] == _TAG["Value"]

    def test_nothing_needs_a_service_that_takes_no_new_customers(
        self, templates: dict[str, Template], path: str
    ) -> None:
        types = {resource["Type"] for resource in templates[path]["Resources"].values()}
        assert [type_ for type_ in types if type_.startswith("AWS::ServiceCatalog")] == []

    @pytest.mark.parametrize(("role", "folder"), [("DeployRole", "blueprints/"), ("PipelineStackRole", "pipelines/")])
    def test_who_makes_a_stack_may_tag_what_is_in_it(
        self, templates: dict[str, Template], path: str, *, role: str, folder: str
    ) -> None:
        made = [template for name, template in templates.items() if name.startswith(folder)]
        types = {resource["Type"] for template in made for _, resource in taggable(template)} - UNTOLD
        types -= {ELSEWHERE} if folder == "blueprints/" else set()
        assert types
        needed = {action for type_ in types for action in tagging(type_).get("permissions", ())}
        assert needed - allowed(templates[path], role) == set()

    @pytest.mark.parametrize("role", ["OrchestratorRole", "PipelineRole"])
    def test_who_gives_a_stack_its_tags_may(self, templates: dict[str, Template], path: str, role: str) -> None:
        assert {"cloudformation:TagResource", "cloudformation:UntagResource"} <= allowed(templates[path], role)


def test_the_stage_deployer_may_tag_stack_sets_of_pipelines_only(templates: dict[str, Template]) -> None:
    """CloudFormation checks both before it takes the tags of a StackSet."""
    role = templates[ROOTS[1]]["Resources"]["StageDeployerRole"]["Properties"]
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    (tagged,) = [statement for statement in statements if "cloudformation:TagResource" in statement["Action"]]
    assert "cloudformation:UntagResource" in tagged["Action"]
    assert "*" not in tagged["Resource"]


class TestModelDashboard:
    """What SageMaker's Model Dashboard relates, it relates by names and ARNs."""

    def test_an_endpoint_s_variant_names_the_model(self, blueprints: dict[str, Template]) -> None:
        made = blueprints["blueprints/realtime_inference.yaml"]["Resources"]
        variant, *_ = made["MLOpsSagemakerEndpointConfig"]["Properties"]["ProductionVariants"]
        model = {"Fn::GetAtt": "MLOpsSagemakerModel.ModelName"}
        assert variant["ModelName"] == {"Fn::If": ["HasComponent", {"Ref": "AWS::NoValue"}, model]}

    def test_a_transform_job_names_the_model(self, blueprints: dict[str, Template]) -> None:
        made = blueprints["blueprints/batch_transform.yaml"]["Resources"]
        request = made["TransformJob"]["Properties"]["Request"]
        assert request["ModelName"] == {"Fn::GetAtt": "MLOpsSagemakerModel.ModelName"}

    @pytest.mark.parametrize("kind", ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"])
    def test_a_monitor_s_schedule_leads_to_its_endpoint(self, blueprints: dict[str, Template], kind: str) -> None:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).strip("_")
        made = blueprints[f"blueprints/{snake}_monitor.yaml"]["Resources"]
        schedule = made["MonitoringSchedule"]["Properties"]["MonitoringScheduleConfig"]
        assert schedule["MonitoringJobDefinitionName"] == {"Fn::GetAtt": "JobDefinition.JobDefinitionName"}
        assert schedule["MonitoringType"] == kind
        definition = made["JobDefinition"]["Properties"]
        assert definition[f"{kind}JobInput"]["EndpointInput"]["EndpointName"] == {"Ref": "EndpointName"}
