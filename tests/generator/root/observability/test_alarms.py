# SPDX-License-Identifier: Apache-2.0
"""The alarms, who may send them to people, and what the operator may choose of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator import metrics

Template = dict[str, Any]
SINGLE = "mlops-orchestrator-single-account.yaml"
MULTI = "mlops-orchestrator-multi-account.yaml"
KEY = {"Fn::If": ["CreateKmsKey", {"Fn::GetAtt": "EncryptionKey.Arn"}, {"Ref": "ExistingKmsKeyArn"}]}


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def measured(alarm: dict[str, Any]) -> list[tuple[str, str]]:
    """Namespace and name of the metrics that an alarm looks at."""
    found = [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]
    return [(metric["Namespace"], metric["MetricName"]) for metric in found]


@pytest.mark.parametrize("path", [SINGLE, MULTI])
def test_every_alarm_tells_people_when_it_begins_and_ends(templates: dict[str, Template], path: str) -> None:
    found = alarms(templates[path])
    assert found
    for name, alarm in found.items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "NotificationsTopic"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        returned = [query for query in alarm["Metrics"] if query.get("ReturnData", True)]
        assert len(returned) == 1, name


def test_api_functions_and_queue_are_watched(root: Template) -> None:
    found = alarms(root)
    assert measured(found["ApiErrorsAlarm"]) == [("AWS/ApiGateway", "5XXError")]
    assert measured(found["FunctionErrorsAlarm"]) == [("AWS/Lambda", "Errors"), ("AWS/Lambda", "Throttles")]
    assert measured(found["DeadLettersAlarm"]) == [("AWS/SQS", "ApproximateNumberOfMessagesVisible")]
    assert found.keys() == {"ApiErrorsAlarm", "FunctionErrorsAlarm", "DeadLettersAlarm"}


def test_the_api_is_named_as_it_is_made(root: Template) -> None:
    """A metric under another name would never alarm."""
    (query,) = alarms(root)["ApiErrorsAlarm"]["Metrics"]
    dimensions = {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}
    assert dimensions["ApiName"] == root["Resources"]["Api"]["Properties"]["Name"]
    assert dimensions["Stage"] == root["Resources"]["ApiStage"]["Properties"]["StageName"]


def test_the_stage_deployer_counts_where_there_is_one(templates: dict[str, Template]) -> None:
    queries = alarms(templates[MULTI])["FunctionErrorsAlarm"]["Metrics"]
    functions = {q["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"] for q in queries if "MetricStat" in q}
    assert functions == {"Orchestrator", "StageDeployer"}
    (total,) = (query["Expression"] for query in queries if "Expression" in query)
    assert set(re.findall(r"FILL\((\w+), 0\)", total)) == {q["Id"] for q in queries if "MetricStat" in q}


def test_an_approval_that_waits_too_long_is_measured_in_hours(templates: dict[str, Template]) -> None:
    alarm = alarms(templates[MULTI])["StuckApprovalAlarm"]
    oldest, hours = alarm["Metrics"]
    assert measured(alarm) == [(metrics.NAMESPACE, metrics.OLDEST_APPROVAL)]
    assert (oldest["MetricStat"]["Stat"], oldest["MetricStat"]["Period"]) == ("Maximum", 3600)
    assert hours["Expression"] == f"{oldest['Id']} / 3600"
    assert alarm["Threshold"] == {"Ref": "ApprovalAlarmHours"}


@pytest.mark.parametrize(
    ("path", "name", "default"), [(SINGLE, "AlarmErrorCount", "3"), (MULTI, "ApprovalAlarmHours", "72")]
)
def test_thresholds_can_be_chosen_and_need_not_be(
    templates: dict[str, Template], path: str, name: str, default: str
) -> None:
    parameter = templates[path]["Parameters"][name]
    assert parameter["Default"] == default
    accepted = [
        value for value in ("1", "72", "0", "", "-1", "1.5", "x") if re.fullmatch(parameter["AllowedPattern"], value)
    ]
    assert accepted == ["1", "72"]


def policies(template: Template, name: str, key: str = "PolicyDocument") -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = template["Resources"][name]["Properties"][key]["Statement"]
    return statements


def test_from_outside_only_alarms_of_this_account_publish(root: Template) -> None:
    """Lesson 62. Everybody else publishes under a role of this account."""
    (statement,) = policies(root, "NotificationsTopicPolicy")
    assert statement["Principal"] == {"Service": ["cloudwatch.amazonaws.com"]}
    assert statement["Action"] == ["sns:Publish"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_every_publisher_can_use_the_topic_s_key(templates: dict[str, Template]) -> None:
    """An encrypted topic takes no message from who may not make a data key: it would be lost without a word."""
    template = templates[MULTI]
    needed = {"kms:Decrypt", "kms:GenerateDataKey"}
    (alarming,) = (
        statement
        for statement in policies(template, "EncryptionKey", "KeyPolicy")
        if "cloudwatch.amazonaws.com" in statement["Principal"].get("Service", [])
    )
    assert needed <= set(alarming["Action"])
    for role in ("OrchestratorRole", "PipelineRole"):
        found = [s for p in template["Resources"][role]["Properties"]["Policies"] for s in _statements(p)]
        publishing = [s for s in found if "sns:Publish" in s["Action"]]
        assert [s["Resource"] for s in publishing] == [[{"Ref": "NotificationsTopic"}]], role
        using = [s for s in found if s["Resource"] == [KEY]]
        assert any(needed <= set(s["Action"]) for s in using), role


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of an inline policy, unless a condition decides whether it is there."""
    return policy["PolicyDocument"]["Statement"] if "PolicyDocument" in policy else []
