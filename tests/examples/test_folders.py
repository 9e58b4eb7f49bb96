# SPDX-License-Identifier: Apache-2.0
"""The examples as files: what they ask for is what their pages and policies say, in any Region."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from orchestrator.pipeline_types.custom import template_limits
from orchestrator.pipeline_types.custom.custom_type import CustomType
from scripts.iam import documents, templates
from scripts.iam.documents import Document
from scripts.iam.resolving import Place
from scripts.pipeline_types import permissions, pipeline_folder
from scripts.pipeline_types.permissions import Operator
from scripts.requests import offline
from tests.examples import worked
from tests.sampling import Sampling

REGIONS: Final = ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"]
WRITTEN_DOWN: Final = re.compile(r"arn:aws[a-z-]*:|amazonaws\.com/|\.amazonaws\.com\b(?!})|\b(us|eu|ap)-[a-z]+-[1-9]\b")


def type_of(name: str) -> CustomType:
    version, _ = pipeline_folder.read(worked.FOLDER / name)
    return version.type


def template(name: str) -> Any:
    return pipeline_folder.decoded_template((worked.FOLDER / name / "blueprint.yaml").read_bytes())


def policies(name: str) -> tuple[Document, ...]:
    """What comes with an example; an example without statements needs none."""
    file = worked.FOLDER / name / "policy.json"
    return (documents.parse(file.read_text("utf-8")),) if file.exists() else ()


def test_every_folder_is_an_example_that_is_tested_and_listed() -> None:
    folders = {path.parent.name for path in worked.FOLDER.glob("*/blueprint.yaml")}
    assert folders == set(worked.NAMES)
    listed = (worked.FOLDER / "README.md").read_text("utf-8")
    assert [name for name in worked.NAMES if f"({name}/README.md)" not in listed] == []


@pytest.mark.parametrize("name", worked.NAMES)
class TestFolder:
    def test_the_deploy_role_needs_the_policy_that_is_there_and_no_more(self, name: str) -> None:
        operator = Operator(Place(), policies(name))
        assert permissions.missing_policy(template(name), operator) is None
        needs = templates.needed(template(name), operator.place, operator.given)
        assert templates.unneeded(policies(name), needs) == set()
        if policies(name):
            assert permissions.missing_policy(template(name), Operator(Place())) is not None
            assert permissions.length(json.loads((worked.FOLDER / name / "policy.json").read_text())) < 6_144

    def test_cfn_lint_has_nothing_to_say(self, name: str, sampling: Sampling) -> None:
        """In a Region that is another one for each example, or in all of them."""
        from cfnlint.api import ManualArgs, lint  # noqa: PLC0415  it is slow to import

        text = (worked.FOLDER / name / "blueprint.yaml").read_text("utf-8")
        regions = sampling.of(REGIONS, 1, lambda region: f"{name} {region}")
        assert lint(text, config=ManualArgs(regions=regions)) == []

    @pytest.mark.parametrize("option", ["single-account", "multi-account"])
    def test_the_request_is_taken(self, name: str, option: str) -> None:
        body = worked.request(name)
        assert body.pop("pipeline_type") == name
        made = type_of(name).parse(body, offline.launch(option, use_model_registry=False, region="eu-west-1"))
        assert made.stack_name.startswith("mlops-pipeline-")

    def test_the_blueprint_is_at_home_in_every_partition(self, name: str) -> None:
        text = (worked.FOLDER / name / "blueprint.yaml").read_text("utf-8")
        assert WRITTEN_DOWN.findall("\n".join(line for line in text.splitlines() if "Service: " not in line)) == []
        assert len(text) < 51_200

    def test_roles_keep_to_what_the_operator_decided(self, name: str) -> None:
        found = template(name)
        roles = [one["Properties"] for one in found["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
        assert roles
        for role in roles:
            assert role["Path"] == {"Ref": "RolePath"}
            assert "PermissionsBoundaryName" in json.dumps(role["PermissionsBoundary"])
            assert "RoleName" not in role, "the deploy role makes roles that are named after the stack"
        groups = [one["Properties"] for one in found["Resources"].values() if one["Type"] == "AWS::Logs::LogGroup"]
        assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups)
        assert all("LogKmsKeyArn" in json.dumps(group["KmsKeyId"]) for group in groups)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://api.endpoints.huggingface.cloud/v2", True),
        ("http://127.0.0.1:4566/v2", True),
        ("http://169.254.169.254/v2", False),
        ("https://api.endpoints.huggingface.cloud.example.com/v2", False),
        ("https://apixendpoints.huggingface.cloud/v2", False),
        ("http://api.endpoints.huggingface.cloud/v2", False),
        ("http://127.0.0.1:4566@example.com/v2", False),
    ],
)
def test_the_token_can_go_to_hugging_face_alone(url: str, is_taken: bool) -> None:
    made = type_of(worked.HUGGING_FACE)
    (parameter,) = (one for one in made.blueprint.parameters if one.name == "ApiUrl")
    assert "ApiUrl" not in {target for _, targets in made.sources() for target in targets}
    assert (list(template_limits.refusals(parameter, url)) == []) is is_taken
