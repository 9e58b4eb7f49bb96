# SPDX-License-Identifier: Apache-2.0
"""The index of followers: made after the package, mended by a repeat, forgotten when the key goes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator.automation import followers
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ServiceRefusedError
from orchestrator.launch.settings import Settings
from tests.orchestrator.provision.conftest import STACK, Provision, execution, expect_start, operations
from tests.orchestrator.requesting import PACKAGE

KEY = f"followers/groups/berth-models/{STACK}.json"


@pytest.fixture
def version() -> dict[str, Any]:
    return {"model_package_name": PACKAGE, "deploy_on_approval": True}


def following(settings: Settings, group: str = "berth-models") -> list[str]:
    return [one.common_name for one in followers.of_group(settings.launch.pipelines_bucket, group)]


def test_who_follows_is_found_when_the_package_is_there(
    provision: Provision, settings: Settings, version: dict[str, Any], sent: list[Any]
) -> None:
    """An entry without a package is stale, and whoever finds it forgets it."""
    provision(**version)
    assert operations(sent) == ["s3.HeadObject", *["s3.PutObject"] * 3, "cloudformation.CreateStack"]
    assert [call.parameters["Key"] for call in sent[2:4]] == [f"provisioned/{STACK}/template.zip", KEY]
    assert following(settings) == [STACK]


def test_the_stack_says_so_in_its_tag(provision: Provision, version: dict[str, Any]) -> None:
    provision(**version)
    stack = stacks.find(f"{STACK}-codepipeline")
    assert stack is not None
    assert stack.tags["mlops:automation"] == "deploy_on_approval"


def test_a_pipeline_without_the_key_has_neither_tag_nor_entry(
    provision: Provision, settings: Settings, version: dict[str, Any]
) -> None:
    provision(**{**version, "deploy_on_approval": False})
    stack = stacks.find(f"{STACK}-codepipeline")
    assert stack is not None
    assert "mlops:automation" not in stack.tags
    assert following(settings) == []


def test_a_repeat_mends_what_an_interruption_has_left_out(
    provision: Provision, settings: Settings, version: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        refusal = ServiceRefusedError("store the marker", "SlowDown", "reduce your request rate")
        broken.setattr(followers, "follow", lambda *_: (_ for _ in ()).throw(refusal))
        with pytest.raises(ServiceRefusedError):
            provision(**version)
    assert following(settings) == []
    provision(**version)
    assert following(settings) == [STACK]


def test_another_group_takes_the_place_of_the_first(
    provision: Provision, settings: Settings, version: dict[str, Any], codepipeline: Stubber
) -> None:
    provision(**version)
    codepipeline.add_response("list_pipeline_executions", execution("an-older-one"))
    expect_start(codepipeline)
    provision(**{**version, "model_package_name": PACKAGE.replace("berth-models", "quay-models")})
    assert following(settings) == []
    assert following(settings, "quay-models") == [STACK]


def test_it_is_forgotten_when_the_key_goes(
    provision: Provision, settings: Settings, version: dict[str, Any], sent: list[Any], codepipeline: Stubber
) -> None:
    provision(**version)
    codepipeline.add_response("list_pipeline_executions", execution("an-older-one"))
    expect_start(codepipeline)
    sent.clear()
    provision(model_package_name=PACKAGE)
    assert [call.parameters["Key"] for call in sent if call.operation == "s3.DeleteObject"] == [KEY]
    assert following(settings) == []
    head = calls.client("s3").head_object(
        Bucket=settings.launch.pipelines_bucket, Key=f"provisioned/{STACK}/template.zip"
    )
    assert "follows" not in head["Metadata"]
