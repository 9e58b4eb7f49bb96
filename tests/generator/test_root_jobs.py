# SPDX-License-Identifier: Apache-2.0
"""How the root stack hears of jobs that have ended: which events match, who may invoke, what the function may do."""

from __future__ import annotations

import copy
import fnmatch
import json
from pathlib import Path
from typing import Any, Final

import pytest
from moto.events.models import EventPattern

from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.training.job_types import kinds_by_type
from orchestrator.pipeline_types.built_in.training.jobs import JobPipeline
from orchestrator.plan import layout
from orchestrator.sagemaker.job_kinds import AUTOPILOT, ENDED, TRAINING, TUNING
from tests.generator.test_templates import resources, statements

Template = dict[str, Any]
Event = dict[str, Any]
EVENTS: Final = Path(__file__).parents[1] / "events"
STACK: Final = {
    "Fn::Select": [0, {"Fn::Split": ["-", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]}]
}


@pytest.fixture(params=["single", "multi"])
def root(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    return templates[f"mlops-orchestrator-{request.param}-account.yaml"]


@pytest.fixture
def pattern(root: Template) -> EventPattern:
    return EventPattern.load(json.dumps(root["Resources"]["JobEndedRule"]["Properties"]["EventPattern"]))


def event(name: str, **detail: Any) -> Event:
    found: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    changed = copy.deepcopy(found)
    changed["detail"].update(detail)
    return changed


def matches(pattern: EventPattern, event: Event) -> bool:
    return bool(pattern.matches_event(event))  # type: ignore[arg-type]


class TestEvents:
    @pytest.mark.parametrize("status", ENDED)
    def test_the_end_of_a_job_matches(self, pattern: EventPattern, status: str) -> None:
        assert matches(pattern, event("training_job_ended", TrainingJobStatus=status))
        assert matches(pattern, event("tuning_job_ended", HyperParameterTuningJobStatus=status))

    def test_a_job_that_another_job_started_does_not(self, pattern: EventPattern) -> None:
        """Lesson 79. It has the tags of the tuning job."""
        tags = event("tuning_job_ended")["detail"]["Tags"]
        assert not matches(pattern, event("training_job_ended", Tags=tags))

    @pytest.mark.parametrize(
        "other",
        [
            event("training_job_ended", TrainingJobStatus="InProgress"),
            event("training_job_ended", Tags={}),
            event("training_job_ended", Tags={"pipeline_type": "byom_batch_builtin"}),
            event("training_job_ended") | {"source": "ours"},
            event("training_job_ended") | {"detail-type": "SageMaker Transform Job State Change"},
        ],
    )
    def test_nor_does_anything_else(self, pattern: EventPattern, other: Event) -> None:
        assert not matches(pattern, other)

    def test_what_starts_jobs_stands_where_it_is_looked_for(self) -> None:
        assert set(kinds_by_type(BUILT_IN)) == {
            type_.type_name() for type_ in BUILT_IN if issubclass(type_, JobPipeline)
        }

    def test_every_type_that_starts_jobs_is_heard_of(self, root: Template) -> None:
        """By events, or by the check where SageMaker sends none (lesson 80)."""
        told = json.dumps(root["Resources"]["JobEndedRule"]["Properties"]["EventPattern"])
        by_type = kinds_by_type(BUILT_IN)
        assert set(by_type.values()) == {TRAINING, TUNING, AUTOPILOT}
        for name, kind in by_type.items():
            assert (f'"{name}"' in told) is (kind.event is not None)
        assert root["Resources"]["JobCheckRule"]["Properties"]["ScheduleExpression"] == "rate(5 minutes)"
        assert {f"List{kind.noun}s" for kind in by_type.values() if kind.event is None} == {
            action.partition(":")[2] for action in allowed(root) if action.startswith("sagemaker:ListA")
        }


class TestTargets:
    @pytest.mark.parametrize("rule", ["JobEndedRule", "JobCheckRule"])
    def test_they_are_the_function_with_retries_and_the_queue(self, root: Template, rule: str) -> None:
        (target,) = root["Resources"][rule]["Properties"]["Targets"]
        assert target == root["Resources"]["ConfigUploadedRule"]["Properties"]["Targets"][0]
        assert "Orchestrator" in str(target["Arn"])

    def test_the_permission_is_for_these_rules_and_no_others(self, root: Template) -> None:
        """Whatever the stack is called: of a long name CloudFormation uses a part only."""
        arn, variables = root["Resources"]["JobsPermission"]["Properties"]["SourceArn"]["Fn::Sub"]
        named = {
            name: rule["Properties"]["Name"]["Fn::Sub"]
            for name, rule in resources(root, "AWS::Events::Rule").items()
            if name in {"JobEndedRule", "JobCheckRule"}
        }
        assert len(named) == 2
        assert variables == {"Digits": STACK}
        for name, digits in named.values():
            assert digits == variables
            assert fnmatch.fnmatchcase(name, arn.partition(":rule/")[2])


def allowed(root: Template) -> dict[str, list[Any]]:
    """What the function may do, with the resources."""
    found: dict[str, list[Any]] = {}
    for statement in statements(root["Resources"]["OrchestratorRole"]):
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement.get("Resource", ()))
    return found


OF_MODEL_CARDS = {f"sagemaker:{name}" for name in ("DescribeModel", "DescribeModelPackage", "ListModelCards", "Search")}


def is_of_jobs(action: str) -> bool:
    return action.startswith("sagemaker:") and "ModelCard" not in action and action not in OF_MODEL_CARDS


class TestPermissions:
    def test_jobs_are_looked_at_and_neither_made_nor_stopped(self, root: Template) -> None:
        found = {action: on for action, on in allowed(root).items() if is_of_jobs(action)}
        arn = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:"
        registry = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:*:"
        packages = [{"Fn::Sub": f"{registry}model-package-group/*"}, {"Fn::Sub": f"{registry}model-package/*"}]
        assert found == {
            "sagemaker:DescribeTrainingJob": [{"Fn::Sub": f"{arn}training-job/*"}],
            "sagemaker:DescribeHyperParameterTuningJob": [{"Fn::Sub": f"{arn}hyper-parameter-tuning-job/*"}],
            "sagemaker:DescribeAutoMLJob": [{"Fn::Sub": f"{arn}automl-job/*"}],
            "sagemaker:DescribeEndpoint": [{"Fn::Sub": f"{arn}endpoint/*"}],
            "sagemaker:DescribeMonitoringSchedule": [{"Fn::Sub": f"{arn}monitoring-schedule/*"}],
            "sagemaker:DescribeProcessingJob": [{"Fn::Sub": f"{arn}processing-job/*"}],
            "sagemaker:DescribeTransformJob": [{"Fn::Sub": f"{arn}transform-job/*"}],
            "sagemaker:ListAutoMLJobs": ["*"],
            "sagemaker:ListTags": [{"Fn::Sub": f"{arn}automl-job/*"}],
            "sagemaker:CreateModelPackage": packages,
            "sagemaker:UpdateModelPackage": packages,
        }

    def test_nothing_is_deleted_but_markers_and_packages(self, root: Template) -> None:
        deleted = allowed(root)["s3:DeleteObject"] + allowed(root)["s3:DeleteObjectVersion"]
        assert {objects["Fn::Join"][1][1] for objects in deleted} == {"reported/*", "deleting/*", "provisioned/*"}

    def test_keys_are_used_through_services_alone(self, root: Template) -> None:
        """The caller's key, of an artifact or a model card: nobody has told which it is."""
        found = [
            statement
            for statement in statements(root["Resources"]["OrchestratorRole"])
            if any("key/*" in json.dumps(on) for on in statement.get("Resource", ()))
        ]
        services = [statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"] for statement in found]
        assert set(services) == {f"{name}.${{AWS::Region}}.${{AWS::URLSuffix}}" for name in ("s3", "sagemaker")}
        assert {"StringEquals"} == {operator for statement in found for operator in statement["Condition"]}


def test_markers_expire_with_all_their_versions(root: Template) -> None:
    rules = root["Resources"]["PipelinesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    (rule,) = [rule for rule in rules if rule.get("Prefix") == layout.REPORTED]
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]) == (30, {"NoncurrentDays": 1})
