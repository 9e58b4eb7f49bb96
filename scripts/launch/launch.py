# SPDX-License-Identifier: Apache-2.0
"""Publication of this checkout and deployment of the root stack, for `deploy`, `local`, the demo and the tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.stack_following import StackState
from mlops_orchestrator.settings import effective
from scripts.launch import (
    api_logging,
    artifact_bucket,
    boundary,
    boundary_stages,
    deployment,
    environment_size,
    launch_parameters,
    repository_key,
    stack_tags,
)
from scripts.launch.boundary import BoundaryLaunch
from scripts.launch.deployment import Audience, ChangeSet, Target
from scripts.launch.launch_parameters import TAGS_PARAMETER, LaunchParameterError, Parameter
from scripts.packaging import artifacts, bundle, region_templates
from scripts.packaging.artifacts import Place, Release

Option = Literal["single-account", "multi-account"]
OPTIONS: Final[tuple[Option, ...]] = get_args(Option)
DEFAULT_STACK_NAME: Final = effective.DEFAULT_STACK_NAME
EMAIL_PARAMETER: Final = launch_parameters.EMAIL_PARAMETER
_CODE_PARAMETERS: Final = (artifacts.BUCKET_PARAMETER, artifacts.PREFIX_PARAMETER)


@dataclass(frozen=True)
class Launching:
    """Options of a launch. If `bucket` is empty, the account's own artifact bucket is used."""

    option: Option = "single-account"
    stack_name: str = DEFAULT_STACK_NAME
    parameters: Mapping[str, str] = field(default_factory=dict)
    bucket: str = ""
    prefix: str = artifacts.DEFAULT_PREFIX
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the root stack, handed on to what pipelines make if the template can. Other tags of the stack stay."""
    role_arn: str = ""
    """Role that CloudFormation assumes. If empty, it uses the stack's role, or else the caller's permissions."""
    with_boundary: bool = False
    """Launch the permissions boundary first, and bound all roles by it."""


@dataclass(frozen=True)
class Outcome:
    """Root stack, and whether this launch changed it. `state` is None if the change was not agreed to."""

    state: StackState | None
    changed: bool


def assemble(aws: Aws) -> Release:
    """Build the release of this checkout, for Lambda or for the local AWS."""
    return artifacts.assemble(bundle.build("host" if aws.is_local else "lambda"))


def publish(aws: Aws, release: Release, bucket: str, prefix: str, audience: Audience) -> Place:
    """Upload a version into an existing bucket. Raise PublishError."""
    s3 = aws.client("s3")
    has_own_name = bucket == artifact_bucket.default_name(aws.account, aws.region)
    if not artifact_bucket.exists(s3, bucket, aws.region, owner=aws.account if has_own_name else ""):
        raise artifacts.PublishError(
            f"there is no bucket {bucket}: make it, or leave it out for one of the solution's own"
        )
    if has_own_name or artifact_bucket.is_ours(s3, bucket, aws.partition):
        artifact_bucket.protect(s3, bucket, aws.partition)
    else:
        _tell_what_to_add(aws, bucket, prefix, audience)
    place = Place(bucket, f"{prefix}/{release.version}", aws.region, aws.url_suffix)
    uploaded = artifacts.publish(release, place, s3)
    what = f"{uploaded} files uploaded to" if uploaded else "everything is already in"
    audience.say(f"Version {release.version}: {what} s3://{place.bucket}/{place.prefix}/")
    return place


def deploy(
    aws: Aws,
    launching: Launching,
    audience: Audience,
    agree: Callable[[ChangeSet], bool],
    release: Release | None = None,
) -> Outcome:
    """Publish, and create or update the root stack if `agree` accepts its change set.

    Without a `release`, this checkout is built. Raises PublishError, LaunchParameterError, StackFailedError.
    """
    release = release or assemble(aws)
    template = region_templates.fitting(release.root_template(launching.option), aws.region)
    declared = launch_parameters.declared(template)
    cloudformation = aws.client("cloudformation")
    found = stack_following.find(cloudformation, launching.stack_name)
    _check_option(release, launching, declared, found)
    environment_size.check(template, {**_previous(found), **_parameters(launching, declared, found)})
    state = deployment.settle(cloudformation, launching.stack_name, audience, launching.role_arn)
    # The stack may have been changed or deleted meanwhile.
    given = _parameters(launching, declared, state)
    if state is None and api_logging.PARAMETER in declared:
        given = {**api_logging.chosen(aws), **given}
    place = publish(aws, release, made_bucket(aws, launching.bucket, audience), launching.prefix, audience)
    values = {**_previous(state), **given, artifacts.BUCKET_PARAMETER: place.bucket}
    if launching.with_boundary:
        bounds = BoundaryLaunch(aws, place, release.boundary(), audience, agree)
        if not _bound(bounds, launching, values):
            return Outcome(None, changed=False)
    target = Target(
        stack_name=launching.stack_name,
        template_url=place.url(artifacts.root_template_name(launching.option)),
        parameters={**given, **dict(zip(_CODE_PARAMETERS, (place.bucket, place.prefix), strict=True))},
        declared=frozenset(declared),
        tags={**(state.tags if state is not None and state.has_values else {}), **launching.tags},
        role_arn=launching.role_arn,
    )
    change_set = deployment.prepare(cloudformation, target, state)
    if change_set is None:
        return Outcome(state, changed=False)
    if not agree(change_set):
        return Outcome(None, changed=False)
    return Outcome(deployment.execute(cloudformation, change_set, audience), changed=True)


def _bound(bounds: BoundaryLaunch, launching: Launching, values: Mapping[str, str]) -> bool:
    """Deploy the boundary before the roles, in the stages' accounts too. Return false if that was not agreed to."""
    wanted = boundary.of(bounds.aws, launching.stack_name, values)
    if not bounds.carry_out(wanted, launching.tags, launching.role_arn):
        return False
    boundary_stages.launch(bounds.aws, wanted, bounds.template, values, bounds.audience)
    return True


def _check_option(
    release: Release, launching: Launching, declared: Mapping[str, Parameter], state: StackState | None
) -> None:
    """Refuse to change the option of an existing orchestrator: its pipelines would lose what they need."""
    lost = set(_previous(state)) - declared.keys()
    for option in OPTIONS:
        if option == launching.option or not lost:
            continue
        if lost <= launch_parameters.declared(release.root_template(option)).keys():
            raise LaunchParameterError(
                f"the stack {launching.stack_name} was launched with --option {option}: give that again"
            )


def _parameters(launching: Launching, declared: Mapping[str, Parameter], state: StackState | None) -> Mapping[str, str]:
    """Check and return the parameter values to set. Raise LaunchParameterError."""
    previous = _previous(state)
    given = dict(launching.parameters)
    if launching.with_boundary:
        given |= boundary.chosen(launching.stack_name, given, previous)
    if launching.tags and TAGS_PARAMETER in declared:
        kept = stack_tags.of_text(previous.get(TAGS_PARAMETER, ""))
        given.setdefault(TAGS_PARAMETER, stack_tags.as_text({**kept, **launching.tags}))
    launch_parameters.check(given, declared, previous, _CODE_PARAMETERS)
    repository_key.check(given, previous, state.outputs.get("EcrRepositoryName", "") if state else "")
    return given


def _previous(state: StackState | None) -> Mapping[str, str]:
    return state.parameters if state is not None and state.has_values else {}


def made_bucket(aws: Aws, given: str, audience: Audience) -> str:
    """Return the bucket for code and templates, the account's own if none is given, made if it is not there."""
    bucket = given or artifact_bucket.default_name(aws.account, aws.region)
    if artifact_bucket.make(aws.client("s3"), bucket, aws.region):
        audience.say(f"Made the bucket {bucket} for code and templates.")
    return bucket


def _tell_what_to_add(aws: Aws, bucket: str, prefix: str, audience: Audience) -> None:
    """Report the statement that an operator's bucket lacks. Its policy is the operator's to change."""
    statement = artifact_bucket.no_writes_by_pipelines(bucket, f"{prefix}/*", aws.partition)
    if artifact_bucket.lacks(aws.client("s3"), bucket, statement):
        audience.say(
            f"To do by hand, or pipelines that may write to the bucket {bucket} can replace what is launched from it:\n"
            "add this to the Statement list of its policy; `aws s3api get-bucket-policy --bucket"
            f" {bucket}` shows the policy it has.\n{json.dumps(statement, indent=2)}"
        )
