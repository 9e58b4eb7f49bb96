# SPDX-License-Identifier: Apache-2.0
"""A pipeline that follows a model package group, and events of versions that were approved or rejected."""

from __future__ import annotations

from typing import Any, Final

from tests.faults.invoking import ApiCall, Event
from tests.faults.world import World
from tests.orchestrator.conftest import read_json

_VERSIONS: Final = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/berths"
_ARTIFACT: Final = "out/berths/model.tar.gz"


def following(world: World, *, multi: bool = False) -> None:
    """Have a pipeline that follows the group, with version 1 of it."""
    world.store(world.settings.launch.assets_bucket, _ARTIFACT, b"model")
    world.sagemaker.approved = {f"{_VERSIONS}/1"}
    body: dict[str, Any] = read_json(f"requests/byom_realtime_builtin{'.multi' if multi else ''}.json")
    for key in ("model_framework", "model_framework_version", "model_artifact_location"):
        body.pop(key, None)
    body |= {"model_package_name": f"{_VERSIONS}/1", "deploy_on_approval": True}
    ApiCall("POST", "/provisionpipeline", body).until_it_ends(world)
    world.settle()


def _event(number: int, status: str) -> Event:
    event = read_json("events/model_package_changed.json")
    event["detail"] |= {"ModelPackageArn": f"{_VERSIONS}/{number}", "ModelApprovalStatus": status}
    return Event(event)


def approved(world: World) -> Event:
    """Version 2 is approved."""
    following(world)
    world.sagemaker.approved.add(f"{_VERSIONS}/2")
    return _event(2, "Approved")


def rejected(world: World) -> Event:
    """Version 2 is deployed, and rejected then."""
    approved(world).until_it_ends(world)
    world.settle()
    world.sagemaker.approved.remove(f"{_VERSIONS}/2")
    return _event(2, "Rejected")


def none_left(world: World) -> Event:
    """The only version is rejected."""
    following(world)
    world.sagemaker.approved.clear()
    return _event(1, "Rejected")
