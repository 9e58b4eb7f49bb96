# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints on the open engine: who may do what, and how people hear of runs."""

from __future__ import annotations

from typing import Any, Final

import pytest

from generator import deployment, names
from generator.monitoring import open_metrics
from monitor_engine import metrics
from orchestrator.sagemaker import job_kinds
from tests.generator import open_monitors
from tests.generator.monitor_templates import ACCOUNT, ANALYSIS, KINDS, OTHER_ACCOUNT, Template
from tests.generator.open_monitors import (
    BY_CONFIGURATION,
    DIGITS,
    ENGINE_KEY,
    ROLE,
    WITH_TRUTH,
    allowed,
    exists,
    properties,
)

ENDPOINT: Final = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/berths"
BASELINE: Final = "arn:aws:s3:::quayside-monitoring/baselines/berths-1a2b/*"
LISTED: Final = {
    "quayside-assets": "baselines/train.csv*",
    "quayside-capture": "berths/berths/*",
    "quayside-pipelines": f"{ENGINE_KEY}*",
}


def reports(kind: str) -> str:
    return f"berths/berths-{KINDS[kind]}-1a2b/*"


def statements(templates: dict[str, Template], kind: str, role: str, **changes: str) -> list[Any]:
    found = properties(templates, kind, role, **changes)["Policies"]
    return [statement for policy in found for statement in policy["PolicyDocument"]["Statement"]]


class TestRoleOfJobs:
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_reads_what_jobs_read_and_no_more(self, templates: dict[str, Template], kind: str) -> None:
        """Captures of its endpoint alone, of reports its own."""
        expected = {
            "arn:aws:s3:::quayside-assets/baselines/train.csv*",
            "arn:aws:s3:::quayside-capture/berths/berths/*",
            f"arn:aws:s3:::quayside-pipelines/{ENGINE_KEY}*",
            BASELINE,
        }
        if kind in WITH_TRUTH:
            own = f"arn:aws:s3:::quayside-monitoring/reports/{reports(kind)}"
            expected |= {"arn:aws:s3:::quayside-arrivals/labels/*", own}
        if kind in BY_CONFIGURATION:
            expected |= {f"arn:aws:s3:::quayside-pipelines/{ANALYSIS}*"}
        assert allowed(templates, kind, "SageMakerRole")["s3:GetObject"] == expected

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_writes_its_baseline_and_its_reports(self, templates: dict[str, Template], kind: str) -> None:
        own = f"arn:aws:s3:::quayside-monitoring/reports/{reports(kind)}"
        assert allowed(templates, kind, "SageMakerRole")["s3:PutObject"] == {BASELINE, own}

    @pytest.mark.parametrize("kind", sorted(WITH_TRUTH))
    def test_it_writes_training_data_where_the_request_asks_for_it_alone(
        self, templates: dict[str, Template], kind: str
    ) -> None:
        before = allowed(templates, kind, "SageMakerRole")
        found = allowed(templates, kind, "SageMakerRole", RetrainingPrefix="retraining/berths-quality")
        more = {"arn:aws:s3:::quayside-assets/retraining/berths-quality/*"}
        assert found == {**before, "s3:PutObject": before["s3:PutObject"] | more}

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_lists_only_where_it_reads(self, templates: dict[str, Template], kind: str) -> None:
        listed: dict[str, set[str]] = {}
        for one in statements(templates, kind, "SageMakerRole"):
            if "s3:ListBucket" in one["Action"]:
                (bucket,) = one["Resource"]
                listed.setdefault(bucket.rpartition(":")[2], set()).update(one["Condition"]["StringLike"]["s3:prefix"])
        expected = {bucket: {prefix} for bucket, prefix in LISTED.items()}
        expected["quayside-monitoring"] = {"baselines*"}
        if kind in WITH_TRUTH:
            expected["quayside-arrivals"] = {"labels*"}
            expected["quayside-monitoring"] |= {f"reports/{reports(kind)}"}
        if kind in BY_CONFIGURATION:
            expected["quayside-pipelines"] |= {f"{ANALYSIS}*"}
        assert listed == expected

    def test_a_location_may_be_a_bucket_by_itself(self, templates: dict[str, Template]) -> None:
        bare = {"DataCaptureLocation": "quayside-capture", "DataCapturePrefix": ""}
        found = statements(templates, "data_quality_monitor", "SageMakerRole", **bare)
        (listing,) = [one for one in found if one.get("Resource") == ["arn:aws:s3:::quayside-capture"]]
        assert listing["Condition"] == {"StringLike": {"s3:prefix": ["berths/*"]}}

    @pytest.mark.parametrize("kind", KINDS)
    def test_only_what_asks_the_endpoint_may(self, templates: dict[str, Template], kind: str) -> None:
        found = allowed(templates, kind, "SageMakerRole")
        assert found.get("sagemaker:InvokeEndpoint", set()) == ({ENDPOINT} if kind in BY_CONFIGURATION else set())
        assert "sagemaker:DescribeEndpoint" not in found

    @pytest.mark.parametrize("kind", KINDS)
    def test_metrics_go_into_the_engine_s_namespace(self, templates: dict[str, Template], kind: str) -> None:
        """`/aws/sagemaker/*` is where SageMaker tells under the role how busy an instance is."""
        found = statements(templates, kind, "SageMakerRole")
        (putting,) = [one for one in found if "cloudwatch:PutMetricData" in one["Action"]]
        assert putting["Condition"] == {"StringLike": {"cloudwatch:namespace": ["MLOps/Monitors", "/aws/sagemaker/*"]}}

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_has_no_more_than_the_role_on_sagemaker_s_engine(
        self, templates: dict[str, Template], kind: str
    ) -> None:
        today = templates[f"blueprints/{kind}.yaml"]["Resources"]["SageMakerRole"]["Properties"]["Policies"]
        names_of = {policy.get("PolicyName") or policy["Fn::If"][1]["PolicyName"] for policy in today}
        made = open_monitors.template_of(templates, kind)["Resources"]["SageMakerRole"]["Properties"]["Policies"]
        found = {policy.get("PolicyName") or policy["Fn::If"][1]["PolicyName"] for policy in made}
        assert found - names_of == {"Engine", *({"TrainingData"} if kind in WITH_TRUTH else ())}
        assert names_of - found == {"Endpoint"}


class TestRoleOfTheSchedule:
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_starts_runs_of_this_stack_under_their_role(self, templates: dict[str, Template], kind: str) -> None:
        runs = {f"arn:aws:sagemaker:eu-west-1:111122223333:processing-job/mlops-monitor-{DIGITS}-*"}
        assert allowed(templates, kind, "ScheduleRole") == {
            "sagemaker:AddTags": runs,
            "sagemaker:CreateProcessingJob": runs,
            "iam:PassRole": {ROLE},
        }
        (passing,) = [one for one in statements(templates, kind, "ScheduleRole") if "iam:PassRole" in one["Action"]]
        assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}
        trust = properties(templates, kind, "ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
        assert [one["Principal"] for one in trust] == [{"Service": "scheduler.amazonaws.com"}]
        assert trust[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

    def test_its_name_is_one_that_deployments_may_make(self) -> None:
        """Endpoints have any name: kind and digits tell the schedules of monitors from others."""
        (statement,) = deployment.monitor_schedules()
        resources = [one.to_dict()["Fn::Sub"].rpartition("/")[2] for one in statement.properties["Resource"]]
        assert resources == list(names.MONITORS) == [f"*-{kind}-????" for kind in KINDS.values()]


class TestForwarding:
    @pytest.mark.parametrize("kind", KINDS)
    def test_elsewhere_the_orchestrator_hears_of_every_end(self, templates: dict[str, Template], kind: str) -> None:
        assert not exists(templates, kind, "RunEndedRule")
        assert exists(templates, kind, "RunEndedRule", OrchestratorAccount=OTHER_ACCOUNT)
        rule = properties(templates, kind, "RunEndedRule", OrchestratorAccount=OTHER_ACCOUNT)
        assert rule["EventPattern"] == {
            "source": ["aws.sagemaker"],
            "detail-type": ["SageMaker Processing Job State Change"],
            "detail": {"RoleArn": [ROLE], "ProcessingJobStatus": list(job_kinds.ENDED)},
        }
        bus = f"arn:aws:events:eu-west-1:{OTHER_ACCOUNT}:event-bus/default"
        assert rule["Targets"] == [{"Id": "Orchestrator", "Arn": bus, "RoleArn": ROLE}]
        found = allowed(templates, kind, "SageMakerRole", OrchestratorAccount=OTHER_ACCOUNT)
        assert found["events:PutEvents"] == {bus}
        assert "events:PutEvents" not in allowed(templates, kind, "SageMakerRole")


class TestAlarms:
    def test_they_look_at_what_the_engine_sends(self) -> None:
        assert (open_metrics.NAMESPACE, open_metrics.VIOLATIONS) == (metrics.NAMESPACE, metrics.VIOLATIONS)

    @pytest.mark.parametrize("kind", KINDS)
    def test_violations_raise_one_until_a_run_finds_none(self, templates: dict[str, Template], kind: str) -> None:
        alarm = properties(templates, kind, "ViolationsAlarm")
        assert [alarm[name] for name in ("ComparisonOperator", "Threshold", "EvaluationPeriods")] == [
            *("GreaterThanThreshold", 0, 1)
        ]
        assert alarm["TreatMissingData"] == "ignore"
        (found,) = alarm["Metrics"]
        assert (found["MetricStat"]["Stat"], found["MetricStat"]["Period"]) == ("Sum", 300)
        assert found["MetricStat"]["Metric"] == {
            "Namespace": "MLOps/Monitors",
            "MetricName": "violations",
            "Dimensions": [
                {"Name": "Endpoint", "Value": "berths"},
                {"Name": "MonitoringSchedule", "Value": f"berths-{KINDS[kind]}-1a2b"},
            ],
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_two_periods_without_a_run_raise_one(self, templates: dict[str, Template], kind: str) -> None:
        alarm = properties(templates, kind, "RunsMissingAlarm", SchedulePeriodSeconds="86400")
        assert [alarm[name] for name in ("ComparisonOperator", "Threshold", "EvaluationPeriods")] == [
            *("LessThanThreshold", 1, 2)
        ]
        assert alarm["TreatMissingData"] == "breaching"
        filled, runs = alarm["Metrics"]
        assert (filled["Expression"], filled["ReturnData"]) == ("FILL(runs, 0)", True)
        assert (runs["Id"], runs["ReturnData"]) == ("runs", False)
        assert (runs["MetricStat"]["Stat"], runs["MetricStat"]["Period"]) == ("SampleCount", "86400")

    def test_cloudwatch_cannot_wait_for_long(self, templates: dict[str, Template]) -> None:
        assert exists(templates, "data_quality_monitor", "RunsMissingAlarm")
        assert not exists(templates, "data_quality_monitor", "RunsMissingAlarm", SchedulePeriodSeconds="")

    def test_a_guess_is_told_by_the_engine_s_metrics(self, templates: dict[str, Template]) -> None:
        alarm = properties(templates, "model_quality_monitor", "NoBetterThanAGuessAlarm")
        today = templates["blueprints/model_quality_monitor.yaml"]["Resources"]["NoBetterThanAGuessAlarm"]
        (metric,) = alarm["Metrics"]
        assert metric["MetricStat"]["Metric"]["Namespace"] == "MLOps/Monitors"
        template = open_monitors.template_of(templates, "model_quality_monitor")
        made = str(template["Resources"]["NoBetterThanAGuessAlarm"])
        assert made.replace("MLOps/Monitors", "aws/sagemaker/Endpoints/model-metrics") == str(today)
