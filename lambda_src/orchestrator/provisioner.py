# SPDX-License-Identifier: Apache-2.0
"""Carries out a plan: upload first, then create, so that no pipeline waits for a package that never comes.

What differs between the types of pipelines is in the plan: names, parameters, whether there is a package.

Each step can be repeated. What tells an unchanged repeat from an interrupted change is not what an earlier call meant
to do but what is there: the digest of the stored package, and the package version that the newest execution has read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.aws import codepipelines, objects, stacks
from orchestrator.aws.objects import StoredPackage
from orchestrator.aws.stacks import Stack, StackDefinition
from orchestrator.errors import Conflict
from orchestrator.provisioning import Deployment, PackagedBlueprint, ProvisioningPlan
from orchestrator.settings import Settings

PIPELINE_NAME_OUTPUT: Final = "PipelineName"
# The name of the tag that the earlier solution set; its users' cost reports know it.
_STACK_TAG: Final = "stack_name"
_RELEASE_TAG: Final = "mlops:release"


@dataclass(frozen=True)
class Provisioned:
    """What became of a plan."""

    message: str
    pipeline_id: str

    def answer(self) -> dict[str, Any]:
        """The body of the API's answer."""
        return {"message": self.message, "pipeline_id": self.pipeline_id}


@dataclass(frozen=True)
class _Source:
    """The package that the pipeline's source action reads."""

    package: StoredPackage
    is_new: bool
    """Whether it was stored just now."""


def provision(plan: ProvisioningPlan, settings: Settings) -> Provisioned:
    """Bring the pipeline into the planned state.

    Raises `Conflict` while CloudFormation works on the same stack, `ServiceRefused` when AWS refuses a call. Either way
    the same request can be repeated and completes the work.
    """
    deployment = plan.deployment
    source = _stored(deployment.blueprint, settings) if deployment.blueprint else None
    for name in _names(deployment):
        definition = _definition(name, deployment, settings)
        created = stacks.create(definition)
        if created is not None:
            return Provisioned("success: stack creation started", created)
        stack = stacks.find(name)
        if stack is None:
            raise Conflict(f"Pipeline {name} was deleted just now. Repeat the request.")
        if _is_of(deployment, stack):
            return _reconcile(definition, stack, source)
    taken = " and ".join(deployment.pipeline_stack_names)
    raise Conflict(f"The stacks {taken} belong to other pipelines. Delete one that is no longer needed.")


def _stored(blueprint: PackagedBlueprint, settings: Settings) -> _Source:
    template = objects.published(settings.artifact_bucket, settings.template_key(blueprint.template))
    wanted = blueprint.packed(template)
    stored = objects.stored_package(settings.launch.pipelines_bucket, blueprint.package_key)
    if stored is not None and stored.digest == wanted.digest:
        return _Source(stored, is_new=False)
    # Their keys follow from their content and stand in the package: a stored package tells that they are there.
    for planned in blueprint.objects:
        objects.store(planned)
    return _Source(objects.store_package(settings.launch.pipelines_bucket, wanted), is_new=True)


def _names(deployment: Deployment) -> Sequence[str]:
    """The names to try. A pipeline that has a later one keeps it, also when an earlier one has become free."""
    names = deployment.pipeline_stack_names
    found = ((name, stacks.find(name)) for name in names[1:])
    return [name for name, stack in found if stack is not None and _is_of(deployment, stack)] or names


def _is_of(deployment: Deployment, stack: Stack) -> bool:
    wanted = dict(deployment.pipeline_parameters)
    return all(stack.parameters.get(name) == wanted[name] for name in deployment.identity)


def _definition(name: str, deployment: Deployment, settings: Settings) -> StackDefinition:
    return StackDefinition(
        name=name,
        template_url=settings.template_url(deployment.pipeline_template),
        parameters=dict(deployment.pipeline_parameters),
        role_arn=settings.pipeline_stack_role_arn,
        tags={_STACK_TAG: name, _RELEASE_TAG: settings.artifact_prefix},
    )


def _reconcile(definition: StackDefinition, stack: Stack, source: _Source | None) -> Provisioned:
    if stack.is_broken:
        stacks.remove(stack)
        return _recreate(definition)
    if stack.is_changing:
        return _while_changing(definition, stack, source)
    if stack.differs_from(definition) and stacks.update(definition):
        # The template has the pipeline start itself after an update.
        return Provisioned(f"Pipeline {definition.name} is being updated.", stack.arn)
    if source is None:
        return Provisioned(_nothing_to_do(definition), stack.arn)
    return _run(definition, stack, source)


def _recreate(definition: StackDefinition) -> Provisioned:
    created = stacks.create(definition)
    if created is None:
        raise Conflict(f"Pipeline {definition.name} is being created by another request.")
    return Provisioned("success: stack creation started", created)


def _while_changing(definition: StackDefinition, stack: Stack, source: _Source | None) -> Provisioned:
    # A stack that is being undone or deleted, or is changed into something else, will not become what was asked for.
    is_undone = "ROLLBACK" in stack.status or stack.status == "DELETE_IN_PROGRESS"
    if is_undone or stack.differs_from(definition) or (source is not None and _is_newer(source.package, stack)):
        raise Conflict(f"Pipeline {definition.name} is in {stack.status}. Repeat the request when that has ended.")
    return Provisioned(_nothing_to_do(definition), stack.arn)


def _is_newer(package: StoredPackage, stack: Stack) -> bool:
    """Whether a pipeline that is being made or changed may have read an older package than this."""
    return package.stored_at is None or package.stored_at > stack.changed_at


def _run(definition: StackDefinition, stack: Stack, source: _Source) -> Provisioned:
    pipeline, current = stack.outputs[PIPELINE_NAME_OUTPUT], source.package
    newest = codepipelines.newest_execution(pipeline)
    if not source.is_new and newest is not None and not newest.came_to_nothing and _has_read(newest, current):
        return Provisioned(_nothing_to_do(definition), stack.arn)
    # A repeated call must not start a second execution, a retry after a failed one must: the token tells them apart.
    after = newest.id if newest is not None and newest.came_to_nothing else "first"
    token = hashlib.sha256(f"{current.version_id} {after}".encode()).hexdigest()
    codepipelines.start(pipeline, request_token=token)
    return Provisioned(f"Pipeline {definition.name} is already provisioned. Updating template parameters.", stack.arn)


def _has_read(newest: codepipelines.Execution, current: StoredPackage) -> bool:
    if newest.source_version:
        return newest.source_version == current.version_id
    started, stored = newest.started_at, current.stored_at
    return started is not None and stored is not None and started >= stored


def _nothing_to_do(definition: StackDefinition) -> str:
    return f"Pipeline {definition.name} is already provisioned. No updates are to be performed."
