# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints: who may do what, how people hear of runs, and what the alarm looks at."""

from __future__ import annotations

from typing import Final

import pytest

from tests.generator.monitor_templates import (
    ACCOUNT,
    ANALYSIS,
    ARN,
    KINDS,
    OTHER_ACCOUNT,
    Template,
    holds,
    properties,
    values,
)

BINARY: Final = {"ProblemType": "BinaryClassification"}


def allowed(templates: dict[str, Template], kind: str, action: str, **changes: str) -> set[str]:
    """The resources for which the role of a monitor has an action."""
    policies = properties(templates, kind, "SageMakerRole", **changes)["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    allowing = [s for s in statements if s["Effect"] == "Allow" and action in s["Action"]]
    return {resource for s in allowing for resource in s["Resource"]}


class TestRole:
    READ: Final = {
        "arn:aws:s3:::quayside-assets/baselines/train.csv*",
        "arn:aws:s3:::quayside-capture/berths/*",
        "arn:aws:s3:::quayside-monitoring/baselines/berths-1a2b/*",
    }
    TRUTH: Final = {"arn:aws:s3:::quayside-arrivals/labels/*", "arn:aws:s3:::quayside-monitoring/reports/*"}
    CLARIFY: Final = {f"arn:aws:s3:::quayside-pipelines/{ANALYSIS}*"}

    @pytest.mark.parametrize(
        ("kind", "more"),
        [
            ("data_quality_monitor", set()),
            ("model_quality_monitor", TRUTH),
            ("model_bias_monitor", TRUTH | CLARIFY),
            ("model_explainability_monitor", CLARIFY),
        ],
    )
    def test_it_reads_and_writes_what_the_jobs_do_and_no_more(
        self, templates: dict[str, Template], kind: str, more: set[str]
    ) -> None:
        assert allowed(templates, kind, "s3:GetObject") == self.READ | more
        assert allowed(templates, kind, "s3:PutObject") == {
            "arn:aws:s3:::quayside-monitoring/baselines/berths-1a2b/*",
            "arn:aws:s3:::quayside-monitoring/reports/*",
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_is_read_by_prefix_can_be_listed(self, templates: dict[str, Template], kind: str) -> None:
        """Lesson 101: SageMaker lists a prefix before it reads what is there."""
        buckets = {arn.split("/")[0] for arn in allowed(templates, kind, "s3:GetObject")}
        assert allowed(templates, kind, "s3:ListBucket") == buckets

    @pytest.mark.parametrize("kind", KINDS)
    def test_any_endpoint_can_be_monitored(self, templates: dict[str, Template], kind: str) -> None:
        """Lesson 73; only Clarify asks it for predictions."""
        endpoint = {"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/berths"}
        by_clarify = kind in {"model_bias_monitor", "model_explainability_monitor"}
        assert allowed(templates, kind, "sagemaker:DescribeEndpoint") == endpoint
        assert allowed(templates, kind, "sagemaker:InvokeEndpoint") == (endpoint if by_clarify else set())

    def test_a_file_with_shap_s_baseline_can_be_read(self, templates: dict[str, Template]) -> None:
        found = allowed(templates, "model_explainability_monitor", "s3:GetObject", ShapBaselineKey="shap.csv")
        assert "arn:aws:s3:::quayside-assets/shap.csv*" in found

    @pytest.mark.parametrize("kind", KINDS)
    def test_network_interfaces_are_for_jobs_in_a_vpc(self, templates: dict[str, Template], kind: str) -> None:
        action = "ec2:CreateNetworkInterface"
        assert allowed(templates, kind, action) == set()
        assert len(allowed(templates, kind, action, Subnets="subnet-1", SecurityGroupIds="sg-1")) == 3


class TestForwarding:
    @pytest.mark.parametrize("kind", KINDS)
    def test_in_the_orchestrator_s_account_nothing_is_sent_on(self, templates: dict[str, Template], kind: str) -> None:
        template = templates[f"blueprints/{kind}.yaml"]
        condition = template["Conditions"][template["Resources"]["RunEndedRule"]["Condition"]]
        assert not holds(condition, template, values(kind))
        assert holds(condition, template, values(kind, OrchestratorAccount=OTHER_ACCOUNT))
        assert allowed(templates, kind, "events:PutEvents") == set()
        trust = properties(templates, kind, "SageMakerRole")["AssumeRolePolicyDocument"]["Statement"]
        assert [statement["Principal"] for statement in trust] == [{"Service": "sagemaker.amazonaws.com"}]

    @pytest.mark.parametrize("kind", KINDS)
    def test_elsewhere_the_orchestrator_s_bus_gets_the_events(self, templates: dict[str, Template], kind: str) -> None:
        """Lesson 81."""
        bus = f"arn:aws:events:eu-west-1:{OTHER_ACCOUNT}:event-bus/default"
        rule = properties(templates, kind, "RunEndedRule", OrchestratorAccount=OTHER_ACCOUNT)
        assert rule["Targets"] == [{"Id": "Orchestrator", "Arn": bus, "RoleArn": ARN}]
        assert rule["EventPattern"]["detail"]["RoleArn"] == [ARN]
        assert allowed(templates, kind, "events:PutEvents", OrchestratorAccount=OTHER_ACCOUNT) == {bus}
        role = properties(templates, kind, "SageMakerRole", OrchestratorAccount=OTHER_ACCOUNT)
        _, rules = role["AssumeRolePolicyDocument"]["Statement"]
        assert rules["Principal"] == {"Service": "events.amazonaws.com"}
        assert rules["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

    def test_the_root_s_rule_listens_to_the_same_events(self, root: Template, templates: dict[str, Template]) -> None:
        pattern = root["Resources"]["MonitorRunRule"]["Properties"]["EventPattern"]
        forwarded = properties(templates, "data_quality_monitor", "RunEndedRule")["EventPattern"]
        *same, every_run = pattern["detail"]["$or"]
        assert same == forwarded["detail"]["$or"]
        assert every_run["ProcessingJobName"] == [{"prefix": "mlops-monitor-"}, {"prefix": "mlops-retrain-"}]
        assert pattern["detail-type"] == forwarded["detail-type"]

    def test_the_bus_takes_processing_jobs_and_alarms_of_the_stages_only(self, templates: dict[str, Template]) -> None:
        policy = templates["mlops-orchestrator-multi-account.yaml"]["Resources"]["StageEventsPolicy"]["Properties"]
        statement = policy["Statement"]
        assert statement["Action"] == ["events:PutEvents"]
        assert statement["Principal"] != {"AWS": "*"}
        assert statement["Condition"] == {
            "StringEqualsIfExists": {
                "events:source": ["aws.sagemaker", "aws.cloudwatch", "mlops-orchestrator.smoke-test"],
                "events:detail-type": [
                    "SageMaker Processing Job State Change",
                    "CloudWatch Alarm State Change",
                    "MLOps Smoke Test Ended",
                ],
            }
        }

    def test_the_stages_read_what_jobs_need_and_no_packages(self, templates: dict[str, Template]) -> None:
        policy = templates["mlops-orchestrator-multi-account.yaml"]["Resources"]["PipelinesBucketPolicy"]["Properties"]
        reading = [s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == ["s3:GetObject"]]
        resources = [resource for statement in reading for resource in statement["Resource"]]
        keys = ["provisioned/*/analysis/*", "provisioned/*/engine/*"]
        code = "provisioned/*/functions/*"
        assert [resource["Fn::Join"][1][1] for resource in resources] == [*keys, code, code]
        (listing,) = [s for s in policy["PolicyDocument"]["Statement"] if s.get("Sid") == "ListConfigurations"]
        assert listing["Condition"] == {"StringLike": {"s3:prefix": keys}}


class TestAlarm:
    def test_a_classifier_is_held_against_the_best_constant_answer(self, templates: dict[str, Template]) -> None:
        alarm = properties(templates, "model_quality_monitor", "NoBetterThanAGuessAlarm", **BINARY)
        returned, *metrics = alarm["Metrics"]
        assert returned["Expression"] == "accuracy - constant"
        names = {one["Id"]: one["MetricStat"]["Metric"]["MetricName"] for one in metrics}
        assert names == {"accuracy": "accuracy", "constant": "accuracy_best_constant_classifier"}
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 0)

    def test_a_regression_is_held_against_the_mean(self, templates: dict[str, Template]) -> None:
        (metric,) = properties(templates, "model_quality_monitor", "NoBetterThanAGuessAlarm")["Metrics"]
        assert metric["MetricStat"]["Metric"] == {
            "Namespace": "aws/sagemaker/Endpoints/model-metrics",
            "MetricName": "r2",
            "Dimensions": [
                {"Name": "Endpoint", "Value": "berths"},
                {"Name": "MonitoringSchedule", "Value": "berths-modelquality-1a2b"},
            ],
        }
