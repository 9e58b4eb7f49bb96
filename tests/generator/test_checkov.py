# SPDX-License-Identifier: Apache-2.0
"""The checks of checkov that templates skip: few, each with its reason, and only where they do not fit.

`make checkov` runs checkov itself, which needs a virtual environment of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.generator import resolving

Template = dict[str, Any]

MOST_SKIPPED: Final = 6
DOCS: Final = Path(__file__).parents[2] / "docs" / "security.md"
ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]
REALTIME: Final = "blueprints/realtime_inference.yaml"
KEY: Final = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
QUEUE: Final = "DeadLetterQueue.Arn"

# Check -> the type that it is about, and whether it would be content with these properties.
CHECKS: Final[dict[str, tuple[str, Callable[[dict[str, Any]], bool]]]] = {
    "CKV_AWS_18": ("AWS::S3::Bucket", lambda has: "LoggingConfiguration" in has),
    "CKV_AWS_51": ("AWS::ECR::Repository", lambda has: has.get("ImageTagMutability") == "IMMUTABLE"),
    "CKV_AWS_76": ("AWS::ApiGateway::Stage", lambda has: "DestinationArn" in has.get("AccessLogSetting", {})),
    "CKV_AWS_116": ("AWS::Lambda::Function", lambda has: "TargetArn" in has.get("DeadLetterConfig", {})),
    "CKV_AWS_120": ("AWS::ApiGateway::Stage", lambda has: has.get("CacheClusterEnabled") is True),
    "CKV_AWS_370": ("AWS::SageMaker::Model", lambda has: has.get("EnableNetworkIsolation") is True),
}
# What checkov is content with as soon as it is there, whatever its value.
ALWAYS_THERE: Final = [
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"),
    ("AWS::Lambda::Function", "VpcConfig"),
    ("AWS::Logs::LogGroup", "KmsKeyId"),
]


def skips(resource: dict[str, Any]) -> dict[str, str]:
    """Check -> reason."""
    found = resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    return {skip["id"]: skip["comment"] for skip in found}


def of_type(templates: dict[str, Template], type_: str) -> Iterator[tuple[str, Template, str]]:
    for path, template in templates.items():
        for name, resource in template["Resources"].items():
            if resource["Type"] == type_:
                yield path, template, name


class TestSkippedChecks:
    def test_they_are_few_and_explained_in_the_docs(self, templates: dict[str, Template]) -> None:
        reasons: dict[str, set[str]] = {}
        for template in templates.values():
            for resource in template["Resources"].values():
                for check, reason in skips(resource).items():
                    reasons.setdefault(check, set()).add(reason)
        assert len(reasons) <= MOST_SKIPPED
        rows = re.findall(
            r"^\| `(CKV_AWS_\d+)` \| [^|]+ \| ([^|]+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert reasons == {check: {reason} for check, reason in rows}

    @pytest.mark.parametrize("check", CHECKS)
    def test_each_is_skipped_exactly_where_it_would_fail(self, templates: dict[str, Template], check: str) -> None:
        type_, is_content = CHECKS[check]
        resources = list(of_type(templates, type_))
        assert resources
        for path, template, name in resources:
            resource = template["Resources"][name]
            assert (check in skips(resource)) != is_content(resource["Properties"]), f"{path}: {name}"

    @pytest.mark.parametrize(("type_", "property_"), ALWAYS_THERE)
    def test_the_others_of_these_types_are_content(
        self, templates: dict[str, Template], type_: str, property_: str
    ) -> None:
        missing = [
            f"{path}: {name}"
            for path, template, name in of_type(templates, type_)
            if property_ not in template["Resources"][name]["Properties"]
        ]
        assert missing == []

    def test_no_other_type_skips_anything(self, templates: dict[str, Template]) -> None:
        types = {type_ for type_, _ in CHECKS.values()}
        skipping = {r["Type"] for t in templates.values() for r in t["Resources"].values() if skips(r)}
        assert skipping == types


class TestDeadLetters:
    @pytest.mark.parametrize("path", ROOTS)
    def test_no_event_of_the_solution_is_lost(self, templates: dict[str, Template], path: str) -> None:
        """EventBridge and CloudFormation do not wait for the functions that they call.

        CodePipeline does not either, but its jobs hold credentials, and cannot be answered later.
        """
        template = templates[path]
        functions = [name for found, _, name in of_type(templates, "AWS::Lambda::Function") if found == path]
        assert {"Orchestrator", "BucketEvents"} <= set(functions)
        for name in set(functions) - {"StageDeployer"}:
            made = template["Resources"][name]["Properties"]
            assert made["DeadLetterConfig"]["TargetArn"] == {"Fn::GetAtt": QUEUE}, name
            assert resources_of(template, name, "sqs:SendMessage") == [QUEUE], name
            assert KEY in resources_of(template, name, "kms:GenerateDataKey"), name
            assert KEY in resources_of(template, name, "kms:Decrypt"), name


def resources_of(template: Template, function: str, action: str) -> list[Any]:
    """What the role of a function may do an action to, whatever the conditions; the key is the operator's."""
    policies = template["Resources"][f"{function}Role"]["Properties"]["Policies"]
    documents = [policy["PolicyDocument"] for policy in policies if "PolicyDocument" in policy]
    resources = [
        resource
        for document in documents
        for statement in document["Statement"]
        if action in statement["Action"]
        for resource in statement["Resource"]
    ]
    found: list[Any] = resolving.resolved(resources, {"ExistingKmsKeyArn": KEY}, template["Conditions"])
    return found


class TestEncryption:
    def test_pipelines_logs_have_the_solution_s_key_where_there_is_one(self, templates: dict[str, Template]) -> None:
        groups = [found for found in of_type(templates, "AWS::Logs::LogGroup") if found[0] not in ROOTS]
        assert len({path for path, *_ in groups}) == 6
        for path, template, name in groups:
            given = {"LogKmsKeyArn": KEY, "ApiAccessLogs": "Yes"}
            assert resolving.properties(template, name, given)["KmsKeyId"] == KEY, path
            assert "KmsKeyId" not in resolving.properties(template, name, {}), path

    def test_so_have_environments(self, templates: dict[str, Template]) -> None:
        for path, template, name in of_type(templates, "AWS::Lambda::Function"):
            made = template["Resources"][name]["Properties"]
            assert ("KmsKeyArn" in made) == ("Environment" in made), f"{path}: {name}"
        inference = templates[REALTIME]
        assert resolving.properties(inference, "Inference", {"LogKmsKeyArn": KEY})["KmsKeyArn"] == KEY
        assert "KmsKeyArn" not in resolving.properties(inference, "Inference", {})

    @pytest.mark.parametrize("path", ROOTS)
    def test_cloudformation_may_use_the_key_for_them(self, templates: dict[str, Template], path: str) -> None:
        template = templates[path]
        given = {"ExistingKmsKeyArn": KEY, "CustomBlueprintPolicyArn": "", "PermissionsBoundaryName": ""}
        (policy,) = resolving.properties(template, "DeployRole", given)["Policies"]
        (statement,) = [one for one in policy["PolicyDocument"]["Statement"] if KEY in one["Resource"]]
        assert "kms:CreateGrant" in statement["Action"]
        assert statement["Condition"]["StringEquals"].keys() == {"kms:ViaService"}
        assert "lambda." in statement["Condition"]["StringEquals"]["kms:ViaService"]

    @pytest.mark.parametrize("path", ROOTS)
    @pytest.mark.parametrize("role", ["DeployRole", "PipelineStackRole"])
    def test_a_log_group_can_get_another_key(self, templates: dict[str, Template], path: str, role: str) -> None:
        """A pipeline that is there gets the key when its request is sent again."""
        may = resolving.allowed(templates[path], role, {"PermissionsBoundaryName": "", "CustomBlueprintPolicyArn": ""})
        assert {"logs:AssociateKmsKey", "logs:DisassociateKmsKey"} <= may.keys()


class TestAccessLog:
    @pytest.mark.parametrize("is_wanted", [True, False])
    def test_the_inference_api_has_one_where_the_account_allows_it(
        self, templates: dict[str, Template], *, is_wanted: bool
    ) -> None:
        template = templates[REALTIME]
        stage = resolving.properties(template, "InferenceApiStage", {"ApiAccessLogs": "Yes" if is_wanted else "No"})
        assert ("AccessLogSetting" in stage) == is_wanted
        assert template["Resources"]["InferenceApiAccessLogs"]["Condition"] == "ApiAccessLogsWanted"

    def test_it_holds_no_bodies(self, templates: dict[str, Template]) -> None:
        template = templates[REALTIME]
        stage = resolving.properties(template, "InferenceApiStage", {"ApiAccessLogs": "Yes"})
        written = stage["AccessLogSetting"]["Format"]
        assert "$context.requestId" in written
        assert "$context.identity.userArn" in written
        assert set(re.findall(r"\$(?!context\.)", written)) == set()
        assert "\n" not in written
