# SPDX-License-Identifier: Apache-2.0
"""Operations on pipelines that exist: get one by its encoded ARN, document the model, list them, delete one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mlops_orchestrator.aws import stack_following
from scripts.verification import waiting
from scripts.verification.part import Finding, Part, calls
from scripts.verification.parts import pipelines, serving, training
from scripts.verification.scene import PartFailedError, Scene

_DELETED_MINUTES: Final = 20
_GONE: Final = 404


def _look(scene: Scene) -> Iterator[Finding]:
    """`GET /pipelines/{id}` with a whole ARN in its path."""
    stack = pipelines.pipeline_of(scene, serving.REALTIME)
    state = stack_following.find(scene.aws.client("cloudformation"), stack)
    if state is None:
        raise PartFailedError(f"there is no pipeline's stack {stack}")
    answer = scene.api().details(state.arn)
    found = answer.is_success and answer.body.get("pipeline_id") == state.arn
    yield Finding("encoded-arn", f"GET /pipelines/<encoded ARN> answered {answer.status}", found)


def _handlers(scene: Scene) -> Iterator[Finding]:
    """Check that CloudFormation could make the resources under the deploy role, and which names they got."""
    cloudformation = scene.aws.client("cloudformation")
    stack = pipelines.deployed(scene, serving.REALTIME)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    made = [entry for page in pages for entry in page["StackResourceSummaries"]]
    kinds = {entry["ResourceType"] for entry in made if entry["ResourceStatus"].endswith("_COMPLETE")}
    wanted = {"AWS::Logs::LogGroup", "AWS::Lambda::Function", "AWS::SageMaker::Model"}
    missing = ", ".join(sorted(wanted - kinds))
    seen = f"not made under DeployRole: {missing}" if missing else "log group, function and model made under DeployRole"
    yield Finding("read-handlers", seen, not missing)
    forms = set()
    for entry in made:
        if entry["ResourceType"] in ("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"):
            name = entry["PhysicalResourceId"].rpartition("/")[2].lower()
            begins = "the stack's name" if name.startswith(stack[:20]) else "the logical id"
            forms.add(f"{entry['ResourceType']} begins with {begins}")
    yield Finding("generated-names", "; ".join(sorted(forms)))


def _card(scene: Scene) -> Iterator[Finding]:
    api, name = scene.api(), f"{scene.name}-card"
    uses = {"purpose_of_model": "To verify an account."}
    pipelines.asked(lambda: api.provision({"pipeline_type": "create_model_card", "name": name, "intended_uses": uses}))
    told = pipelines.asked(lambda: api.provision({"pipeline_type": "describe_model_card", "name": name}))
    if told["message"]["ModelCardStatus"] != "Draft":
        raise PartFailedError(f"the card is {told['message']['ModelCardStatus']}")
    pipelines.asked(lambda: api.provision({"pipeline_type": "delete_model_card", "name": name}))
    yield Finding("lambda-runtime", "the deployed bundle answered three requests", holds=True)


def _pages(scene: Scene, following: str = "") -> Iterator[dict[str, Any]]:
    """Every page of the list from this one on."""
    page = pipelines.asked(lambda: scene.api().list(model_name=scene.name, next=following))
    yield page
    if page.get("next"):
        yield from _pages(scene, page["next"])


def _list(scene: Scene) -> None:
    found = {one["pipeline_type"] for page in _pages(scene) for one in page["pipelines"]}
    missing = {training.TRAIN, serving.REALTIME} - found
    if missing:
        raise PartFailedError(f"the list does not have {', '.join(sorted(missing))}")


def _delete(scene: Scene) -> None:
    api = scene.api()
    details = pipelines.asked(lambda: api.details(pipelines.pipeline_of(scene, training.TRAIN)))
    pipelines.asked(lambda: api.delete(details["pipeline_id"]))

    def gone() -> bool:
        answer = api.details(details["pipeline_id"])
        failure = (answer.body.get("deletion") or {}).get("failure")
        if failure:
            raise PartFailedError(f"the pipeline could not be deleted: {failure}")
        return answer.status == _GONE

    waiting.until(scene, "the deletion of a pipeline", _DELETED_MINUTES, gone)


PARTS: Final = (
    Part(
        "look",
        "experiment: one pipeline by the encoded ARN of its stack",
        minutes=1,
        costs=(calls(0.001),),
        run=_look,
        needs=("deploy",),
    ),
    Part(
        "handlers",
        "experiment: what CloudFormation made under the deploy role, and under which names",
        minutes=1,
        costs=(calls(0.001),),
        run=_handlers,
        needs=("deploy",),
    ),
    Part(
        "card",
        "make, read and delete a model card",
        minutes=1,
        costs=(calls(0.001),),
        run=_card,
        needs=("launch",),
    ),
    Part("list", "list the pipelines", minutes=1, costs=(calls(0.001),), run=_list, needs=("deploy",)),
)
DELETE: Final = Part(
    "delete",
    "delete one pipeline by the API, and follow it to its end",
    minutes=4,
    costs=(calls(0.001),),
    run=_delete,
    needs=("train",),
)
