# SPDX-License-Identifier: Apache-2.0
"""Pipeline stacks: how to recognise them, and the data that they hold on their pipelines.

The data is in the tags of the stack. For a stack made before there were tags for type and model, it is derived from its
name (compatibility 2.5) and parameters.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.pipeline_types.base import STACK_PREFIX, PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.custom.names import in_stack_names
from orchestrator.pipeline_types.packaged import PIPELINE_STACK_SUFFIX
from orchestrator.pipeline_types.registry import Registry
from orchestrator.plan import automation, monitor_engines
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters
from orchestrator.plan.stack_tags import LABEL_TAG, PIPELINE_NAME_OUTPUT, RELEASE_TAG, TYPE_TAG
from orchestrator.values.monitors import EngineName
from orchestrator.values.per_stage import STAGES, Stage

if TYPE_CHECKING:
    from orchestrator import answers

_STACK_SET: Final = re.compile(rf"(?P<deployed>.+)-({'|'.join(STAGES)})-[0-9a-f]{{8}}")

_STACK_OF_STAGE: Final = re.compile(r"StackSet-(?P<stack_set>.+)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Name that CloudFormation gives to the stack of a StackSet."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline, as described by its stack."""

    id: str
    """ARN of its stack."""
    type_name: str
    """As in requests; empty if unknown."""
    label: str
    """The model's name, or the tag of the image."""
    deployed_stack: str
    """Deployment stack in this account; empty if there is none, or with stages."""
    stack_sets: Mapping[Stage, str]
    """StackSets of its stages, if it deploys through stages."""
    engine: EngineName | None = None
    """What does the work of a monitor, as it was asked for last; `None` for other pipelines."""
    automation: tuple[str, ...] = ()
    """Keys of the request that have something done by itself; empty for pipelines that do nothing so."""

    @property
    def stack_name(self) -> str:
        """Name of its stack."""
        return name_in(self.id)

    @property
    def common_name(self) -> str:
        """Common prefix of its names in CloudFormation and in the pipelines bucket."""
        return common_name(self.stack_name)

    @property
    def is_training(self) -> bool:
        """True if it trains models, so that monitors may have it train again."""
        return self.type_name in {type_.type_name() for type_ in BUILT_IN.within("training")}

    @property
    def short_type(self) -> str:
        """Short name of its type, such as `realtime`; empty if the type is unknown."""
        if self.type_name in BUILT_IN.names():
            return BUILT_IN.get(self.type_name).short_name
        return in_stack_names(self.type_name)

    @property
    def short_name(self) -> str:
        """Name for people, such as `churn/realtime`; its stack's name if another pipeline has that one."""
        # A second monitor of a model has a stack with a longer name.
        return f"{self.label}/{self.short_type}" if self.stack_name == self._first_name() else self.stack_name

    def _first_name(self) -> str:
        if self.type_name in BUILT_IN.names():
            return _name_for(BUILT_IN.get(self.type_name), self.label.lower())
        return _name_of_added(self.type_name, self.label.lower()) if self.type_name else ""

    def description(self) -> answers.PipelineIdentity:
        """Return the identifying members of the API's responses."""
        return {
            "pipeline_id": self.id,
            "pipeline_stack_name": self.stack_name,
            "pipeline_type": self.type_name,
            "model_name": self.label,
            "short_name": self.short_name,
        }


def name_in(arn: str) -> str:
    """Return the name of a stack from its ARN."""
    return arn.split(":stack/", 1)[1].split("/", 1)[0]


def common_name(name: str) -> str:
    """Return the common prefix of a pipeline's stack, deployment stack and StackSets, from the name of any."""
    stack_set = _STACK_SET.fullmatch(name)
    return stack_set["deployed"] if stack_set else name.removesuffix(f"-{PIPELINE_STACK_SUFFIX}")


def common_name_by_deployed(stack: str) -> str:
    """Return the common name of the pipeline that has deployed a stack of that name, here or in a stage's account."""
    of_stage = _STACK_OF_STAGE.fullmatch(stack)
    return common_name(of_stage["stack_set"] if of_stage else stack)


def is_named_as_one(name: str) -> bool:
    """True if stacks of that name can hold pipelines."""
    return any(fnmatch.fnmatchcase(name, type_.pipeline_stacks) for type_ in BUILT_IN)


def holds_pipeline(stack: Stack) -> bool:
    """True if a stack is a pipeline stack of the orchestrator; the earlier solution's have the same names."""
    return RELEASE_TAG in stack.tags and is_named_as_one(stack.name)


def names_for(label: str, types: Registry) -> list[str]:
    """Return the possible names of pipeline stacks of a model, one for each pipeline type."""
    added = [name for name in types.all_names() if name not in types.names()]
    return [*names_of_types(label, types), *(_name_of_added(name, label.lower()) for name in added)]


def names_of_types(label: str, types: Iterable[type[PipelineRequest]]) -> list[str]:
    """Return the possible names of pipeline stacks of a model, one for each of these built-in types."""
    return [_name_for(type_, label.lower()) for type_ in types]


def names_of_monitors(label: str, types: Registry) -> list[str]:
    """Return the possible names of pipeline stacks that monitor a model."""
    return [_name_for(type_, label.lower()) for type_ in types if _is_monitor(type_)]


def _is_monitor(type_: type[PipelineRequest]) -> bool:
    return "monitor_engine" in type_.model_fields


def _name_of_added(type_name: str, label: str) -> str:
    return f"{STACK_PREFIX}-{label}-{in_stack_names(type_name)}-{PIPELINE_STACK_SUFFIX}"


def _name_for(type_: type[PipelineRequest], label: str) -> str:
    middle = f"{label}-{type_.postfix.lower()}"
    whole = f"{STACK_PREFIX}-{middle}"
    # For some types a single stack holds the pipeline and everything else.
    return whole if fnmatch.fnmatchcase(whole, type_.pipeline_stacks) else type_.pipeline_stacks.replace("*", middle)


def pipeline_name(stack: Stack) -> str | None:
    """Return the CodePipeline in a stack, as long as there is one."""
    return None if stack.is_gone else stack.outputs.get(PIPELINE_NAME_OUTPUT)


def of(stack: Stack) -> Pipeline:
    """Return the pipeline of a stack."""
    deployed = stack.parameters.get("StackName", "")
    # A pipeline of an earlier release lacks what has a default since.
    has_stages = MultiAccountPipelineParameters.required() <= stack.parameters.keys()
    type_name, label = type_and_label(deployed or common_name(stack.name))
    return Pipeline(
        id=stack.arn,
        type_name=stack.tags.get(TYPE_TAG, type_name),
        label=stack.tags.get(LABEL_TAG, label),
        deployed_stack="" if has_stages else deployed,
        stack_sets=_stack_sets(deployed, stack.arn) if has_stages else {},
        engine=_engine(stack, stack.tags.get(TYPE_TAG, type_name)),
        automation=automation.of_tags(stack.tags),
    )


def _engine(stack: Stack, type_name: str) -> EngineName | None:
    is_monitor = type_name in BUILT_IN.names() and _is_monitor(BUILT_IN.get(type_name))
    return monitor_engines.of_tags(stack.tags) if is_monitor else None


def deployed_as(name: str, label: str) -> Pipeline:
    """Return the pipeline of a model, from the name of what it deployed: without id and stack sets."""
    ending = name.removeprefix(f"{STACK_PREFIX}-{label.lower()}-")
    type_name = type_and_label(name)[0] or ending.replace("-", "_")
    return Pipeline(f":stack/{name}-{PIPELINE_STACK_SUFFIX}/", type_name, label, name, {})


def type_and_label(name: str) -> tuple[str, str]:
    """Return type and label from a common name (compatibility 2.5); empty if it has no built-in type's form."""
    for type_ in BUILT_IN:
        postfix = f"-{type_.postfix.lower()}"
        if name.endswith(postfix):
            return type_.type_name(), name.removeprefix(f"{STACK_PREFIX}-").removesuffix(postfix)
    return "", ""


def _stack_sets(deployed: str, stack_arn: str) -> dict[Stage, str]:
    """Return the names of the StackSets as the pipeline's template makes them (compatibility 4.3)."""
    digits = stack_arn.rsplit("/", 1)[1].split("-", 1)[0]
    return {stage: f"{deployed}-{stage}-{digits}" for stage in STAGES}
