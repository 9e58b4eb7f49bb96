# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from orchestrator import service
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeInference
from orchestrator.plan.plan import Package, PackagedBlueprint, ProvisioningPlan
from tests.orchestrator.requesting import UNDECIDED

Body = dict[str, Any]
STACK = "mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin"


def planned(body: Body, settings: Settings) -> ProvisioningPlan:
    accepted = BUILT_IN.parse(body, settings.launch)
    return accepted.request.plan(settings).sent_as(accepted.body)


def blueprint_of(plan: ProvisioningPlan) -> PackagedBlueprint:
    assert plan.deployment.blueprint is not None
    return plan.deployment.blueprint


@pytest.fixture
def plan(builtin: Body, settings: Settings) -> ProvisioningPlan:
    return planned(builtin, settings)


def test_equal_requests_make_equal_plans(builtin: Body, settings: Settings, plan: ProvisioningPlan) -> None:
    """Lesson 31: nothing in a plan is random, nor depends on the order of keys."""
    assert planned(dict(reversed(builtin.items())), settings) == plan
    assert planned({**builtin, "dry_run": True}, settings) == plan


def test_a_plan_cannot_be_changed(plan: ProvisioningPlan) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.pipeline_type = "another"  # type: ignore[misc]
    assert isinstance(hash(plan), int), "a plan that can be hashed holds nothing that can be changed"


def test_the_pipeline_gets_everything_it_needs(plan: ProvisioningPlan) -> None:
    assert plan.deployment.pipeline_stack_name == f"{STACK}-codepipeline"
    assert plan.deployment.pipeline_template == "pipelines/single_account_codepipeline.yaml"
    assert dict(plan.deployment.pipeline_parameters) == {
        "StackName": STACK,
        "PipelinesBucket": "quayside-pipelines",
        "TemplateZipFileName": f"provisioned/{STACK}/template.zip",
        "TemplateFileName": "realtime_inference.yaml",
        "TemplateParamsName": "template_params.json",
        "PipelineRoleArn": "arn:aws:iam::111122223333:role/mlops-PipelineRole",
        "DeployRoleArn": "arn:aws:iam::111122223333:role/mlops-DeployRole",
    }


def test_the_blueprint_gets_every_parameter(plan: ProvisioningPlan) -> None:
    """Compatibility 3.1."""
    (file,), (code,) = blueprint_of(plan).parameter_files, blueprint_of(plan).objects
    fields = RealtimeInference.template_parameters().model_fields.items()
    defaults = {name: str(field.default) for name, field in fields if not field.is_required()}
    assert dict(file.parameters) == {
        **defaults,
        "ModelName": "berth-occupancy",
        "AssetsBucket": "quayside-assets",
        "ModelArtifactLocation": "models/berth-occupancy/2026-10/model.tar.gz",
        "ImageUri": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "CustomAlgorithmsECRRepoArn": "arn:aws:ecr:eu-west-1:111122223333:repository/quayside-images",
        "InferenceInstance": "ml.m5.large",
        "EndpointName": "berth-occupancy-live",
        "DataCaptureLocation": "quayside-capture/berth-occupancy",
        "ApiAccessLogs": "Yes",
        "ApiCode": f"{code.bucket},{code.key}",
        **UNDECIDED,
    }


def test_a_dry_run_answers_names_template_and_every_parameter(builtin: Body, settings: Settings) -> None:
    """No AWS is there in this test: a call would fail."""
    answer = service.provision_pipeline({**builtin, "dry_run": True, "custom_image_uri": "x"}, settings)
    plan = planned(builtin, settings)
    assert answer["message"] == "Dry run: nothing was created."
    assert answer["warnings"] == ["custom_image_uri has no meaning for byom_realtime_builtin and is ignored"]
    assert answer["plan"] == {
        "pipeline_type": "byom_realtime_builtin",
        "stack_name": STACK,
        "pipeline_stack_name": f"{STACK}-codepipeline",
        "pipeline_template": "pipelines/single_account_codepipeline.yaml",
        "pipeline_parameters": dict(plan.deployment.pipeline_parameters),
        "blueprint_template": "blueprints/realtime_inference.yaml",
        "package_key": f"provisioned/{STACK}/template.zip",
        "parameters": {"template_params.json": dict(blueprint_of(plan).parameter_files[0].parameters)},
        "tags": {"template_params.json": dict(blueprint_of(plan).parameter_files[0].tags)},
        "objects": {code.uri: code.shown for code in blueprint_of(plan).objects},
    }


def test_the_parameter_file_is_a_template_configuration(plan: ProvisioningPlan) -> None:
    """Compatibility 2.8: JSON, indented by four spaces, every value a string."""
    text = blueprint_of(plan).parameter_files[0].text()
    content = json.loads(text)
    assert text.startswith('{\n    "Parameters": {\n        "ModelName": "berth-occupancy",\n')
    assert list(content) == ["Parameters", "Tags"]
    assert {type(value) for value in [*content["Parameters"].values(), *content["Tags"].values()]} == {str}


class TestPackage:
    def test_it_holds_the_blueprint_and_its_parameters_flat(self, plan: ProvisioningPlan) -> None:
        """Compatibility 2.8."""
        package = blueprint_of(plan).packed(b"Resources: {}\n")
        with zipfile.ZipFile(io.BytesIO(package.zipped())) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        assert package.key == f"provisioned/{STACK}/template.zip"
        assert content == {
            "realtime_inference.yaml": b"Resources: {}\n",
            "template_params.json": blueprint_of(plan).parameter_files[0].text().encode(),
            "request.json": blueprint_of(plan).request,
        }

    def test_the_request_in_it_makes_no_other_package(self, plan: ProvisioningPlan) -> None:
        """The digest is what it was before packages had requests: an upgrade runs no pipeline again."""
        package = blueprint_of(plan).packed(b"Resources: {}\n")
        files = tuple(file for file in package.files if file[0] != "request.json")
        assert blueprint_of(plan).request
        assert package.digest == Package(package.key, files).digest

    def test_equal_content_makes_equal_bytes(self, plan: ProvisioningPlan, monkeypatch: pytest.MonkeyPatch) -> None:
        first = blueprint_of(plan).packed(b"Resources: {}\n").zipped()
        monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
        assert blueprint_of(plan).packed(b"Resources: {}\n").zipped() == first

    def test_the_digest_is_of_names_and_contents(self) -> None:
        """Not of the zip: another zlib, or another digest in a release, would run every pipeline again."""
        package = Package("k", (("a.yaml", b"1"), ("b.json", b"22")))
        assert package.digest == hashlib.sha256(b"a.yaml:1\n1b.json:2\n22").hexdigest()

    @pytest.mark.parametrize(
        "files",
        [
            (("a.yaml", b"1"), ("b.json", b"3")),
            (("a.yaml", b"1"),),
            (("c.yaml", b"1"), ("b.json", b"2")),
            (("a.yaml", b"1b.json:1\n2"),),
            (("a.yaml", b""), ("b.json", b"12")),
        ],
    )
    def test_any_difference_makes_another_digest(self, files: tuple[tuple[str, bytes], ...]) -> None:
        assert Package("k", files).digest != Package("k", (("a.yaml", b"1"), ("b.json", b"2"))).digest
