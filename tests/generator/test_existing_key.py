# SPDX-License-Identifier: Apache-2.0
"""The key of the solution: a new one, or the operator's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.generator import resolving

Template = dict[str, Any]

ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]
THEIRS: Final = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OWN: Final = "EncryptionKey.Arn"
KEYED: Final = {
    "AWS::ECR::Repository": "KmsKey",
    "AWS::Lambda::Function": "KmsKeyArn",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
}
"""Type -> the property that names its key."""
LAUNCH: Final = Path(__file__).parents[2] / "docs" / "launch.md"
SHOWN: Final = {"Partition": "aws", "Region": "REGION", "AccountId": "ACCOUNT", "URLSuffix": "amazonaws.com"}


def keys(template: Template, given: str) -> dict[str, Any]:
    """Logical id -> its key, of every resource that has one."""
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] in KEYED:
            part = resource["Properties"]
            part = part.get("EncryptionConfiguration", part)[KEYED[resource["Type"]]]
            found[name] = resolving.resolved(part, {"ExistingKmsKeyArn": given}, template["Conditions"])
    return found


@pytest.mark.parametrize("path", ROOTS)
class TestEitherKey:
    @pytest.mark.parametrize(("given", "used"), [("", OWN), (THEIRS, THEIRS)])
    def test_whatever_is_encrypted_is_so_with_it(
        self, templates: dict[str, Template], path: str, given: str, used: str
    ) -> None:
        found = keys(templates[path], given)
        assert found.keys() >= {"ECRRepository", "NotificationsTopic", "DeadLetterQueue", "ApiAccessLogs"}
        assert found.keys() >= {"Orchestrator", "OrchestratorLogs", "BucketEvents", "BucketEventsLogs"}
        assert set(found.values()) == {used}

    def test_a_new_key_is_made_only_without(self, templates: dict[str, Template], path: str) -> None:
        template = templates[path]
        for name in ("EncryptionKey", "EncryptionKeyAlias"):
            assert template["Resources"][name]["Condition"] == "CreateKmsKey"
        assert template["Conditions"]["CreateKmsKey"] == {"Fn::Equals": [{"Ref": "ExistingKmsKeyArn"}, ""]}

    def test_nothing_else_refers_to_the_new_key_alone(self, templates: dict[str, Template], path: str) -> None:
        """With a key of the operator's there is no new one to refer to."""
        text = json.dumps(
            {name: one for name, one in templates[path]["Resources"].items() if name != "EncryptionKeyAlias"}
        )
        either = '{"Fn::If": ["CreateKmsKey", {"Fn::GetAtt": "EncryptionKey.Arn"}, {"Ref": "ExistingKmsKeyArn"}]}'
        assert either in text
        assert "EncryptionKey." not in text.replace(either, "")

    def test_only_the_repository_would_be_replaced(self, templates: dict[str, Template], path: str) -> None:
        """Another key changes everything else in place. `mlops deploy` refuses what would replace the repository."""
        replaced = set()
        for name in keys(templates[path], ""):
            type_ = templates[path]["Resources"][name]["Type"]
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", type_).schema
            if any(lasting.endswith(f"/{KEYED[type_]}") for lasting in schema.get("createOnlyProperties", [])):
                replaced.add(name)
        assert replaced == {"ECRRepository"}
        repository = templates[path]["Resources"]["ECRRepository"]
        assert (repository["DeletionPolicy"], repository["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("path", ROOTS)
class TestInstructions:
    def test_they_let_in_whom_the_new_key_s_policy_lets_in(self, templates: dict[str, Template], path: str) -> None:
        template = templates[path]
        output = template["Outputs"]["KmsKeyPolicyToAdd"]
        pasted = json.loads(output["Value"]["Fn::Sub"])
        policy = template["Resources"]["EncryptionKey"]["Properties"]["KeyPolicy"]["Statement"]
        services = {statement["Sid"]: set(statement["Action"]) for statement in policy if _services(statement)}
        assert services == {one["Sid"]: set(one["Action"]) for one in pasted if _services(one)}
        assert len(services) == 3
        assert output["Condition"] == "ExistingKmsKeyArnProvided"

    def test_they_are_conditioned_as_those_are(self, templates: dict[str, Template], path: str) -> None:
        template = templates[path]
        pasted = {one["Sid"]: one for one in json.loads(template["Outputs"]["KmsKeyPolicyToAdd"]["Value"]["Fn::Sub"])}
        for statement in template["Resources"]["EncryptionKey"]["Properties"]["KeyPolicy"]["Statement"]:
            if _services(statement):
                conditions = [
                    next(iter(one["Condition"].values())).keys() for one in (statement, pasted[statement["Sid"]])
                ]
                assert conditions[0] == conditions[1]

    def test_roles_may_use_the_key_and_not_administer_it(self, templates: dict[str, Template], path: str) -> None:
        (by_roles, *_) = json.loads(templates[path]["Outputs"]["KmsKeyPolicyToAdd"]["Value"]["Fn::Sub"])
        assert by_roles["Principal"] == {"AWS": ["arn:${AWS::Partition}:iam::${AWS::AccountId}:root"]}
        verbs = {action.removeprefix("kms:") for action in by_roles["Action"]}
        assert verbs == {"CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"}

    def test_the_docs_have_them_before_the_launch(self, templates: dict[str, Template], path: str) -> None:
        """An output comes too late for a launch that fails without them."""
        text = templates[path]["Outputs"]["KmsKeyPolicyToAdd"]["Value"]["Fn::Sub"]
        for pseudo, shown in SHOWN.items():
            text = text.replace(f"${{AWS::{pseudo}}}", shown)
        block = re.search(r"```json\n(\[.*?\])\n```", LAUNCH.read_text(encoding="utf-8"), re.DOTALL)
        assert block is not None
        assert json.loads(block[1]) == json.loads(text)

    @pytest.mark.parametrize(
        ("value", "is_possible"),
        [
            ("", True),
            (THEIRS, True),
            (THEIRS.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-west-1", "us-gov-west-1"), True),
            (THEIRS.replace("1234abcd", "mrk-1234abcd"), True),
            ("arn:aws:kms:eu-west-1:444455556666:alias/mine", False),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ],
    )
    def test_it_is_the_arn_of_a_key(
        self, templates: dict[str, Template], path: str, value: str, is_possible: bool
    ) -> None:
        pattern = templates[path]["Parameters"]["ExistingKmsKeyArn"]["AllowedPattern"]
        assert bool(re.fullmatch(pattern, value)) is is_possible


def _services(statement: dict[str, Any]) -> bool:
    return "Service" in statement["Principal"]
