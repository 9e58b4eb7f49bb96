# SPDX-License-Identifier: Apache-2.0
"""Carries out a plan: upload first, then create, so that no pipeline waits for a package that never comes.

Each step can be repeated. What tells an unchanged repeat from an interrupted change is not what an earlier call meant
to do but what is there: the digest of the stored package, and the package version that the newest execution has read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.aws import codepipelines, objects, stacks
from orchestrator.aws.objects import StoredPackage
from orchestrator.aws.stacks import Stack, StackDefinition
from orchestrator.errors import Conflict
from orchestrator.provisioning import ProvisioningPlan, package
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


def provision(plan: ProvisioningPlan, settings: Settings) -> Provisioned:
    """Bring the pipeline into the planned state.

    Raises `Conflict` while CloudFormation works on the same stack, `ServiceRefused` when AWS refuses a call. Either way
    the same request can be repeated and completes the work.
    """
    template = objects.published(settings.artifact_bucket, settings.template_key(plan.blueprint_template))
    wanted = package(plan, template)
    stored = objects.stored_package(settings.pipelines_bucket, plan.package_key)
    uploaded = stored is None or stored.digest != wanted.digest
    current = (
        stored if stored is not None and not uploaded else objects.store_package(settings.pipelines_bucket, wanted)
    )
    definition = _definition(plan, settings)
    created = stacks.create(definition)
    if created is not None:
        return Provisioned("success: stack creation started", created)
    return _reconcile(definition, current, uploaded)


def _definition(plan: ProvisioningPlan, settings: Settings) -> StackDefinition:
    return StackDefinition(
        name=plan.pipeline_stack_name,
        template_url=settings.template_url(plan.pipeline_template),
        parameters=dict(plan.pipeline_parameters),
        role_arn=settings.pipeline_stack_role_arn,
        tags={_STACK_TAG: plan.pipeline_stack_name, _RELEASE_TAG: settings.artifact_prefix},
    )


def _reconcile(definition: StackDefinition, current: StoredPackage, uploaded: bool) -> Provisioned:
    stack = stacks.find(definition.name)
    if stack is None:
        raise Conflict(f"Pipeline {definition.name} was deleted just now. Repeat the request.")
    if stack.is_broken:
        stacks.remove(stack)
        return _recreate(definition)
    if stack.is_changing:
        return _while_changing(definition, stack, current)
    if stack.differs_from(definition) and stacks.update(definition):
        # The template has the pipeline start itself after an update.
        return Provisioned(f"Pipeline {definition.name} is being updated.", stack.arn)
    return _run(definition, stack, current, uploaded)


def _recreate(definition: StackDefinition) -> Provisioned:
    created = stacks.create(definition)
    if created is None:
        raise Conflict(f"Pipeline {definition.name} is being created by another request.")
    return Provisioned("success: stack creation started", created)


def _while_changing(definition: StackDefinition, stack: Stack, current: StoredPackage) -> Provisioned:
    # A stack that is being undone or deleted will not become what was asked for; a pipeline that is being made or
    # changed may have read an older package than one that was stored since.
    is_undone = "ROLLBACK" in stack.status or stack.status == "DELETE_IN_PROGRESS"
    if is_undone or current.stored_at is None or current.stored_at > stack.changed_at:
        raise Conflict(f"Pipeline {definition.name} is in {stack.status}. Repeat the request when that has ended.")
    return Provisioned(_nothing_to_do(definition), stack.arn)


def _run(definition: StackDefinition, stack: Stack, current: StoredPackage, uploaded: bool) -> Provisioned:
    pipeline = stack.outputs[PIPELINE_NAME_OUTPUT]
    newest = codepipelines.newest_execution(pipeline)
    if not uploaded and newest is not None and not newest.came_to_nothing and _has_read(newest, current):
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
