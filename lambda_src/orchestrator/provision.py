# SPDX-License-Identifier: Apache-2.0
"""Execution of a plan: upload first, then create, so that no pipeline waits for a missing package.

The differences between pipeline types are in the plan: names, parameters, whether there is a package.

Each step can be repeated. The present state, not the history of calls, distinguishes an unchanged repeat from an
interrupted change: the digest of the stored package, and the package version that the newest execution has read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator import templates
from orchestrator.automation import followers
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudformation.stacks import Stack, StackDefinition
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.s3 import objects
from orchestrator.aws.s3.objects import StoredPackage
from orchestrator.errors import ConflictError
from orchestrator.launch.settings import Settings
from orchestrator.plan import automation, layout
from orchestrator.plan.monitor_engines import PlannedEngine
from orchestrator.plan.plan import (
    REQUEST_NOTE,
    Deployment,
    Package,
    PackagedBlueprint,
    PlannedObject,
    ProvisioningPlan,
)
from orchestrator.plan.stack_tags import (
    ENGINE_TAG,
    LABEL_TAG,
    OWNER_TAG,
    PIPELINE_NAME_OUTPUT,
    RELEASE_TAG,
    STACK_TAG,
    TYPE_TAG,
)
from orchestrator.provisioned import remains, removal_records

if TYPE_CHECKING:
    from orchestrator import answers


@dataclass(frozen=True)
class Provisioned:
    """Result of a plan's execution."""

    message: str
    pipeline_id: str
    engine: PlannedEngine | None = None
    """What does the work of a monitor."""
    warnings: tuple[str, ...] = ()

    def answer(self) -> answers.Provisioned:
        """Return the body of the API's response, without the warnings."""
        told: answers.Provisioned = {"message": self.message, "pipeline_id": self.pipeline_id}
        if self.engine:
            told["monitor_engine"] = self.engine.name
        return told


@dataclass(frozen=True)
class _Source:
    """The package that the pipeline's source action reads."""

    package: StoredPackage
    is_new: bool
    """Whether this call has stored it."""


def provision(plan: ProvisioningPlan, settings: Settings) -> Provisioned:
    """Bring the pipeline into the planned state.

    Raises `ConflictError` while CloudFormation works on the same stack, `ServiceRefusedError` when AWS refuses a call.
    Either way the same request can be repeated and completes the work.
    """
    deployment = _chosen(plan)
    source = _stored(deployment, deployment.blueprint, settings) if deployment.blueprint else None
    definition = _definition(plan, deployment, settings)
    created = stacks.create(definition)
    if created is not None:
        return Provisioned("success: stack creation started", created, plan.engine)
    stack = stacks.find(definition.name)
    if stack is None:
        raise ConflictError(f"Pipeline {definition.name} was deleted just now. Repeat the request.")
    if RELEASE_TAG not in stack.tags:
        raise ConflictError(
            f"The stack {definition.name} was not made by this orchestrator and is left as it is. Delete it, or choose "
            "another name for the model."
        )
    if not _is_of(plan, stack):
        raise ConflictError(f"Pipeline {definition.name} was made for something else just now. Repeat the request.")
    done = _reconcile(definition, stack, source)
    return replace(done, engine=plan.engine, warnings=_engine_changes(plan, stack))


def engine_changes(plan: ProvisioningPlan) -> tuple[str, ...]:
    """Return what provisioning would change in the engine of a monitor that is there, as warnings."""
    if plan.engine is None:
        return ()
    try:
        stack = stacks.find(_chosen(plan).pipeline_stack_name)
    except ConflictError:
        return ()
    return _engine_changes(plan, stack) if stack is not None and _is_of(plan, stack) else ()


def _engine_changes(plan: ProvisioningPlan, stack: Stack) -> tuple[str, ...]:
    # A broken stack holds no pipeline, and there is nothing to change.
    sentence = "" if plan.engine is None or stack.is_broken else plan.engine.change(stack.tags)
    return (sentence,) if sentence else ()


def is_in_place(plan: ProvisioningPlan, settings: Settings) -> bool:
    """True if the pipeline is as planned and has run since, so that `provision` would change and start nothing."""
    try:
        deployment = _chosen(plan)
    except ConflictError:
        return False
    definition = _definition(plan, deployment, settings)
    stack = stacks.find(definition.name)
    if stack is None or stack.is_broken or stack.is_changing or stack.differs_from(definition):
        return False
    if deployment.blueprint is None:
        return _is_of(plan, stack)
    wanted, _ = _wanted(deployment.blueprint, settings)
    stored = objects.stored_package(settings.launch.pipelines_bucket, wanted.key)
    if stored is None or stored.digest != wanted.digest:
        return False
    newest = codepipelines.newest_execution(stack.outputs[PIPELINE_NAME_OUTPUT])
    return newest is not None and _serves(newest, stored)


def _serves(newest: codepipelines.Execution, stored: StoredPackage) -> bool:
    """True if an execution deploys the stored package, or has."""
    return not newest.ended_without_deploying and _has_read(newest, stored)


def _chosen(plan: ProvisioningPlan) -> Deployment:
    """Return the deployment whose stack already belongs to this pipeline, or the first one whose name is free.

    A pipeline with a later name keeps it when an earlier one becomes free: otherwise it would be created twice. The
    keys of stored objects contain the name, so it is chosen first. Without an owner in the plan, the name alone
    identifies the pipeline, and nothing is looked up.
    """
    if not plan.owner:
        return plan.deployment
    found = [(deployment, stacks.find(deployment.pipeline_stack_name)) for deployment in plan.alternatives]
    own = [deployment for deployment, stack in found if stack is not None and _is_of(plan, stack)]
    free = [deployment for deployment, stack in found if stack is None]
    for deployment in (*own, *free):
        return deployment
    taken = " and ".join(deployment.pipeline_stack_name for deployment in plan.alternatives)
    raise ConflictError(f"The stacks {taken} belong to other pipelines. Delete one that is no longer needed.")


def _is_of(plan: ProvisioningPlan, stack: Stack) -> bool:
    return not plan.owner or stack.tags.get(OWNER_TAG) == plan.owner


def _stored(deployment: Deployment, blueprint: PackagedBlueprint, settings: Settings) -> _Source:
    wanted, apart = _wanted(blueprint, settings)
    stored = objects.stored_package(settings.launch.pipelines_bucket, blueprint.package_key)
    if stored is not None:
        # A pipeline that is being deleted still has its package, so without a package there is nothing to check.
        _refuse_while_deleting(deployment.stack_name, settings)
    if stored is not None and stored.digest == wanted.digest:
        _keep_request(stored, deployment, blueprint, settings)
        _follow(blueprint, stored, settings)
        return _Source(stored, is_new=False)
    # Their keys are digests of their content and part of the package, so a stored package implies that they are stored.
    for planned in (*blueprint.objects, *filter(None, [apart])):
        objects.store(planned)
    before, stored = stored, objects.store_package(settings.launch.pipelines_bucket, wanted, before=stored)
    _follow(blueprint, before, settings)
    return _Source(stored, is_new=stored.stored_at is None)


def _follow(blueprint: PackagedBlueprint, before: StoredPackage | None, settings: Settings) -> None:
    """Have the pipeline found by what it follows; one that follows nothing, and did not, costs no call."""
    known = automation.followed(before.notes) if before else ()
    followers.bring_about(settings.launch.pipelines_bucket, blueprint.automation.follows, known)


def _keep_request(
    stored: StoredPackage, deployment: Deployment, blueprint: PackagedBlueprint, settings: Settings
) -> None:
    """Store the request beside a package that an earlier release has made: a new package would be deployed."""
    if blueprint.request and REQUEST_NOTE not in stored.notes:
        key = layout.request(deployment.stack_name)
        objects.store(PlannedObject(settings.launch.pipelines_bucket, key, blueprint.request))


def _wanted(blueprint: PackagedBlueprint, settings: Settings) -> tuple[Package, PlannedObject | None]:
    """Return the package, and the template if it has to be an object of its own."""
    template = blueprint.additions.applied(_template(blueprint))
    apart = blueprint.oversized_template(template, settings.launch.pipelines_bucket)
    return blueprint.packed(template, settings.object_url(apart.bucket, apart.key) if apart else ""), apart


def _template(blueprint: PackagedBlueprint) -> bytes:
    if not blueprint.template_bucket:
        return templates.read(blueprint.template)
    template = objects.added_blueprint(blueprint.template_bucket, blueprint.template)
    if hashlib.sha256(template).hexdigest() != blueprint.template_digest:
        raise ConflictError(
            f"The blueprint s3://{blueprint.template_bucket}/{blueprint.template} was changed after it was checked. Add"
            " the pipeline type again."
        )
    return template


def _refuse_while_deleting(stack_name: str, settings: Settings) -> None:
    removal_records.refuse_while_deleting(settings.launch.pipelines_bucket, stack_name)


def _definition(plan: ProvisioningPlan, deployment: Deployment, settings: Settings) -> StackDefinition:
    name = deployment.pipeline_stack_name
    owner = {OWNER_TAG: plan.owner} if plan.owner else {}
    engine = {ENGINE_TAG: plan.engine.name} if plan.engine else {}
    blueprint = deployment.blueprint
    own = {**blueprint.automation.tag, **dict(blueprint.marks)} if blueprint else {}
    return StackDefinition(
        name=name,
        template=templates.read(deployment.pipeline_template).decode(),
        parameters=dict(deployment.pipeline_parameters),
        role_arn=settings.pipeline_stack_role_arn,
        tags={**dict(deployment.tags), **_told(plan, settings), STACK_TAG: name, **owner, **engine, **own},
    )


def _told(plan: ProvisioningPlan, settings: Settings) -> dict[str, str]:
    return {TYPE_TAG: plan.pipeline_type, LABEL_TAG: plan.label, RELEASE_TAG: settings.artifact_prefix}


def _reconcile(definition: StackDefinition, stack: Stack, source: _Source | None) -> Provisioned:
    if stack.is_broken:
        stacks.remove(stack)
        return _recreate(definition)
    if stack.is_changing:
        return _while_changing(definition, stack, source)
    if stack.differs_from(definition):
        remains.remove(stack)
        if stacks.update(definition):
            # The template makes the pipeline start itself after an update.
            return Provisioned(f"Pipeline {definition.name} is being updated.", stack.arn)
    if source is None:
        return Provisioned(_nothing_to_do(definition), stack.arn)
    return _run(definition, stack, source)


def _recreate(definition: StackDefinition) -> Provisioned:
    created = stacks.create(definition)
    if created is None:
        raise ConflictError(f"Pipeline {definition.name} is being created by another request.")
    return Provisioned("success: stack creation started", created)


def _while_changing(definition: StackDefinition, stack: Stack, source: _Source | None) -> Provisioned:
    # A stack that is being rolled back, deleted or changed otherwise will not reach the requested state.
    is_undone = "ROLLBACK" in stack.status or stack.status == "DELETE_IN_PROGRESS"
    if is_undone or stack.differs_from(definition) or (source is not None and _is_newer(source.package, stack)):
        raise ConflictError(f"Pipeline {definition.name} is in {stack.status}. Repeat the request when that has ended.")
    return Provisioned(_nothing_to_do(definition), stack.arn)


def _is_newer(package: StoredPackage, stack: Stack) -> bool:
    """True if a pipeline that is being created or changed may have read an older package than this."""
    return package.stored_at is None or package.stored_at > stack.changed_at


def _run(definition: StackDefinition, stack: Stack, source: _Source) -> Provisioned:
    pipeline, current = stack.outputs[PIPELINE_NAME_OUTPUT], source.package
    newest = codepipelines.newest_execution(pipeline)
    if not source.is_new and newest is not None and _serves(newest, current):
        return Provisioned(_nothing_to_do(definition), stack.arn)
    if newest is not None and newest.ended_without_deploying:
        remains.remove(stack)
    # A repeated call must not start a second execution, but a retry after a failed one must: the token differs.
    after = newest.id if newest is not None and newest.ended_without_deploying else "first"
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
