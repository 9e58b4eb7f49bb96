# SPDX-License-Identifier: Apache-2.0
"""Declared pipelines: checks of declarations, and storage in moto's backend and in the engine.

https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.codepipeline.models import CodePipelineBackend, codepipeline_backends
from moto.core.exceptions import JsonRESTError

from scripts.local_aws.codepipeline import variables
from scripts.local_aws.codepipeline.engine import ENGINE
from scripts.local_aws.codepipeline.model import Declaration, Execution, Pipeline, Trigger
from scripts.local_aws.codepipeline.runner import PROVIDERS, provider

# ActionConfigurationValue in the service's API model.
_MOST_CHARACTERS = 1000


def create(account: str, region: str, declaration: dict[str, Any], tags: list[dict[str, str]] | None) -> dict[str, Any]:
    """Create a pipeline, which also starts its first execution. Return the answer of CreatePipeline.

    Raises PipelineNameInUseException, InvalidStructureException or InvalidActionDeclarationException.
    """
    if declaration["name"] in _backend(account, region).pipelines:
        raise JsonRESTError(
            "PipelineNameInUseException",
            f"A pipeline with the name '{declaration['name']}' already exists in account '{account}'",
        )
    _complete(declaration)
    kept, kept_tags = _backend(account, region).create_pipeline(declaration, tags or [])
    start(account, region, kept["name"], Trigger("CreatePipeline", f"arn:aws:iam::{account}:root"))
    return {"pipeline": kept, "tags": kept_tags}


def update(
    account: str, region: str, declaration: dict[str, Any], tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Replace a declaration, and the tags if given. Running executions keep theirs, and no new one starts.

    Returns the answer of UpdatePipeline.
    """
    get(account, region, declaration["name"])
    _complete(declaration)
    if tags is not None:
        _backend(account, region).pipelines[declaration["name"]].tags = {tag["key"]: tag["value"] for tag in tags}
    return {"pipeline": _backend(account, region).update_pipeline(declaration)}


def delete(account: str, region: str, name: str) -> None:
    """Delete a pipeline and end its executions; one that does not exist counts as deleted."""
    _backend(account, region).delete_pipeline(name)
    ENGINE.forget(ENGINE.pipeline(account, region, name))


def get(account: str, region: str, name: str) -> tuple[Pipeline, dict[str, Any], dict[str, Any]]:
    """Return a pipeline's run-time state, its declaration and metadata. Raise PipelineNotFoundException."""
    declaration, metadata = _backend(account, region).get_pipeline(name)
    return ENGINE.pipeline(account, region, name), declaration, metadata


def start(account: str, region: str, name: str, trigger: Trigger, token: str = "") -> Execution:
    """Start an execution of the pipeline as now declared. Raise PipelineNotFoundException."""
    pipeline, declaration, _ = get(account, region, name)
    return ENGINE.begin(pipeline, declaration, trigger, token)


def _backend(account: str, region: str) -> CodePipelineBackend:
    return codepipeline_backends[account][region]


def _complete(declaration: dict[str, Any]) -> None:
    declaration.setdefault("executionMode", "SUPERSEDED")
    declaration.setdefault("pipelineType", "V1")
    if "artifactStore" not in declaration or declaration["executionMode"] != "SUPERSEDED":
        problem = "The local AWS runs pipelines with one artifactStore and the executionMode SUPERSEDED."
        raise JsonRESTError("InvalidStructureException", problem)
    for problem in _problems(declaration):
        raise JsonRESTError("InvalidActionDeclarationException", problem)


def _problems(declaration: Declaration) -> Iterator[str]:
    made: set[str] = set()
    namespaces = {variables.OWN}
    for number, stage in enumerate(declaration["stages"]):
        for action in sorted(stage["actions"], key=lambda each: int(each.get("runOrder", 1))):
            yield from _action_problems(action, is_first_stage=number == 0)
            yield from variables.problems(stage["name"], action, namespaces)
            for artifact in action.get("inputArtifacts", []):
                if artifact["name"] not in made:
                    yield (
                        f"Input Artifact Bundle {artifact['name']} in action {action['name']} is not declared as "
                        "Output Artifact Bundle in any of the preceding actions"
                    )
            made |= {artifact["name"] for artifact in action.get("outputArtifacts", [])}
            if namespace := action.get("namespace"):
                if namespace in namespaces:
                    yield f"Namespace {namespace} of action {action['name']} is that of another action, too"
                namespaces.add(namespace)


def _action_problems(action: Declaration, is_first_stage: bool) -> Iterator[str]:
    name, kind = action["name"], provider(action)
    if kind not in PROVIDERS:
        known = ", ".join("/".join(each) for each in PROVIDERS)
        yield f"Action {name}: the local AWS runs the action types {known}, not {'/'.join(kind)}"
    if (kind[0] == "Source") != is_first_stage:
        yield f"Action {name}: the first stage, and no other, must contain only source actions"
    for key, value in (action.get("configuration") or {}).items():
        if not 1 <= len(value) <= _MOST_CHARACTERS:
            yield (
                f"Action {name}: the value of {key} in the configuration must have 1 to {_MOST_CHARACTERS} characters, "
                f"not {len(value)}"
            )
