# SPDX-License-Identifier: Apache-2.0
"""Baselines that follow: when a pipeline has deployed a version, monitors of its endpoint take the version's data.

The version says in its metadata which file that is; a version that does not leaves the baselines as they are. In
several accounts the endpoint of prod counts, and a monitor takes the baseline in all stages: it goes through its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from orchestrator.automation import followers, pauses, requests
from orchestrator.automation.followers import Follower
from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.sagemaker import model_sources
from orchestrator.errors import ConflictError
from orchestrator.events.approved_versions import changes, messages, pending
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.events.approved_versions.changes import Automatic
from orchestrator.events.approved_versions.groups import KEY as VERSION_KEY
from orchestrator.events.approved_versions.pending import Pending
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.packaged import PIPELINE_STACK_SUFFIX
from orchestrator.provisioned import pipeline_stacks, work
from orchestrator.sagemaker import deployed_outputs, version_arns

BASELINE_KEY: Final = "baseline_data"
"""Key of requests, and of a version's metadata, with the file."""
SWITCH: Final = "baseline"
_ENDPOINT: Final = "endpoint_name"
_LAST_STAGE: Final = "prod"

logger = Logger(service="orchestrator", child=True)


class Ended(Protocol):
    """The end of an execution of a pipeline."""

    @property
    def pipeline(self) -> str:
        """Name of the pipeline."""

    @property
    def execution(self) -> str:
        """Id of the execution."""

    @property
    def state(self) -> str:
        """State of the execution, e.g. `SUCCEEDED`."""


@dataclass(frozen=True)
class _Deployed:
    """What an endpoint serves now."""

    endpoint: str
    version: str
    baseline: str
    """Empty where the version names none."""
    cause: Cause


def follow(common_name: str, ended: Ended, settings: Settings, owner: str) -> int:
    """Give the monitors of a pipeline's endpoint the baseline of what was deployed; return how many take another.

    Raises `ServiceBusyError`, after which a retry may succeed. A newer execution of the pipeline decides in its turn.
    """
    request = requests.stored(settings.launch.pipelines_bucket, common_name)
    endpoint = _endpoint(common_name, request or {}, settings)
    found = followers.of_endpoint(settings.launch.pipelines_bucket, endpoint) if endpoint else []
    if request is None or not found:
        return 0
    newest = codepipelines.newest_execution(ended.pipeline)
    if newest is None or newest.id != ended.execution:
        return 0
    deployed = _deployed(endpoint, str(request[VERSION_KEY]), ended)
    look = partial(_in_turn, deployed, settings, owner)
    done = parallel.each(changes.SERVICES, look, found)
    # Another change of a monitor's pipeline goes on: at its end, this one is carried out.
    errors = [error for _, error in done if error is not None and not isinstance(error, ConflictError)]
    if errors:
        raise errors[0]
    return sum(is_other for is_other, _ in done)


def carry_out_pending(common_name: str, settings: Settings, owner: str) -> bool:
    """Give a monitor the baseline that it could not take before; return whether it takes it now."""
    bucket = settings.launch.pipelines_bucket
    begun = pending.find(bucket, common_name)
    request = requests.stored(bucket, common_name) if begun is not None else None
    if begun is None or request is None or request.get(SWITCH) != "follow":
        return False
    if pauses.find(bucket, common_name) is not None:
        return False
    automatic = Automatic(common_name, request, settings, owner)
    return not automatic.is_gone() and automatic.carry_out(begun)


def _endpoint(common_name: str, request: Mapping[str, Any], settings: Settings) -> str:
    """Return the endpoint of a pipeline; in several accounts that of prod, if the request names it."""
    given = request.get(_ENDPOINT) or ""
    if settings.multi_account is not None:
        return str(given.get(_LAST_STAGE, "") if isinstance(given, Mapping) else given)
    stack = stacks.find(f"{common_name}-{PIPELINE_STACK_SUFFIX}")
    deployed = work.deployed_stack(pipeline_stacks.of(stack), stack) if stack is not None else None
    return deployed.outputs.get(deployed_outputs.ENDPOINT, "") if deployed is not None else ""


def _deployed(endpoint: str, version: str, ended: Ended) -> _Deployed:
    described = model_sources.describe_model_package(version)
    baseline = str((described.get("CustomerMetadataProperties") or {}).get(BASELINE_KEY, ""))
    words = f"{version_arns.in_words(version)} was deployed to the endpoint {endpoint}"
    return _Deployed(endpoint, version, baseline, Cause.of_moment(words, ended.execution))


def _in_turn(deployed: _Deployed, settings: Settings, owner: str, one: Follower) -> tuple[bool, Exception | None]:
    return changes.in_turn(lambda: _one(deployed, settings, owner, one))


def _one(deployed: _Deployed, settings: Settings, owner: str, follower: Follower) -> bool:
    bucket = settings.launch.pipelines_bucket
    request = requests.stored(bucket, follower.common_name)
    if request is None or request.get(SWITCH) != "follow" or not _watches(request, deployed.endpoint):
        followers.forget(bucket, follower.key)
        return False
    if request.get(BASELINE_KEY) == deployed.baseline:
        return False
    automatic = Automatic(follower.common_name, request, settings, owner)
    if automatic.is_gone():
        followers.forget(bucket, follower.key)
        return False
    change = Pending(step="follow_baseline", changes={BASELINE_KEY: deployed.baseline}, cause=deployed.cause)
    if not deployed.baseline:
        message = messages.without_baseline(automatic.subject, change, deployed.version)
        automatic.hold(change, message, "the version names no data for a baseline", deployed.version)
        return False
    pause = pauses.find(bucket, follower.common_name)
    if pause is not None:
        pending.begin(bucket, follower.common_name, change)
        message = messages.paused(automatic.subject, change, pause)
        automatic.hold(change, message, f"{pause.by} has paused it", pause.at.isoformat())
        return False
    return automatic.carry_out(change)


def _watches(request: Mapping[str, Any], endpoint: str) -> bool:
    given = request.get(_ENDPOINT) or ""
    watched = given.values() if isinstance(given, Mapping) else [given]
    return endpoint.lower() in {str(one).lower() for one in watched}
