# SPDX-License-Identifier: Apache-2.0
"""Publishes this checkout and brings the root stack to it: one way for `deploy`, `local`, the demo and the tests."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import yaml

from scripts import artifact_bucket, artifacts, bundle, deployment
from scripts.artifacts import Place, Release
from scripts.aws_access import Aws
from scripts.deployment import Audience, ChangeSet, Target
from scripts.stack_following import StackState

Option = Literal["single-account", "multi-account"]
OPTIONS: Final[tuple[Option, ...]] = get_args(Option)
DEFAULT_STACK_NAME: Final = "mlops-orchestrator"
EMAIL_PARAMETER: Final = "NotificationEmail"


class LaunchParameterError(Exception):
    """The launch parameters do not fit the template; `str()` says which and what would be right."""


@dataclass(frozen=True)
class Launching:
    """What to deploy; `bucket` empty takes the account's own artifact bucket."""

    option: Option = "single-account"
    stack_name: str = DEFAULT_STACK_NAME
    parameters: Mapping[str, str] = field(default_factory=dict)
    bucket: str = ""
    prefix: str = artifacts.DEFAULT_PREFIX


@dataclass(frozen=True)
class Outcome:
    """The root stack, and whether this launch changed it; `state` is None where the change was not agreed to."""

    state: StackState | None
    changed: bool


def assemble(aws: Aws) -> Release:
    """Build what this checkout publishes, for Lambda or for the local AWS."""
    return artifacts.assemble(bundle.build("host" if aws.is_local else "lambda"))


def publish(aws: Aws, release: Release, bucket: str, prefix: str, audience: Audience) -> Place:
    """Upload a version into an existing bucket; raises `PublishError`."""
    s3 = aws.client("s3")
    if not artifact_bucket.exists(s3, bucket, aws.region):
        raise artifacts.PublishError(f"there is no bucket {bucket}: make it, or let `mlops deploy` make its own")
    place = Place(bucket, f"{prefix}/{release.version}", aws.region, aws.url_suffix)
    uploaded = artifacts.publish(release, place, s3)
    what = f"{uploaded} files uploaded to" if uploaded else "everything is already in"
    audience.say(f"Version {release.version}: {what} s3://{place.bucket}/{place.prefix}/")
    return place


def deploy(aws: Aws, launching: Launching, audience: Audience, agree: Callable[[ChangeSet], bool]) -> Outcome:
    """Publish and create or update the root stack, if `agree` says yes to its change set.

    Raises `PublishError`, `LaunchParameterError`, `StackFailedError`.
    """
    release = assemble(aws)
    parameters = _declared(release.root_template(launching.option))
    declared = frozenset(parameters)
    _check_known(launching.parameters, declared)
    cloudformation = aws.client("cloudformation")
    state = deployment.settle(cloudformation, launching.stack_name, audience)
    _check_complete(launching.parameters, parameters, state)
    place = publish(aws, release, _bucket(aws, launching, audience), launching.prefix, audience)
    code = {artifacts.BUCKET_PARAMETER: place.bucket, artifacts.PREFIX_PARAMETER: place.prefix}
    template_url = place.url(artifacts.root_template_name(launching.option))
    target = Target(launching.stack_name, template_url, {**launching.parameters, **code}, declared)
    change_set = deployment.prepare(cloudformation, target, state)
    if change_set is None:
        return Outcome(state, changed=False)
    if not agree(change_set):
        return Outcome(None, changed=False)
    return Outcome(deployment.execute(cloudformation, change_set, audience), changed=True)


def _bucket(aws: Aws, launching: Launching, audience: Audience) -> str:
    own = artifact_bucket.default_name(aws.account, aws.region)
    s3 = aws.client("s3")
    bucket = launching.bucket or own
    is_new_or_own = bucket == own or not artifact_bucket.exists(s3, bucket, aws.region)
    if is_new_or_own and artifact_bucket.ensure(s3, bucket, aws.region, aws.partition):
        audience.say(f"Made the bucket {bucket} for code and templates.")
    return bucket


@dataclass(frozen=True)
class _Parameter:
    """A parameter of the template: whether a value must be given, and what a value is."""

    is_needed: bool
    description: str


def _declared(template: str) -> dict[str, _Parameter]:
    """The template's parameters by name, in order."""
    # Composed, not loaded: no constructor knows the template's short forms such as !Ref.
    document: Any = yaml.compose(template, Loader=yaml.SafeLoader)
    sections = {name.value: section for name, section in document.value}
    declared = {}
    for name, entry in sections["Parameters"].value:
        keys = {key.value: value.value for key, value in entry.value}
        words = f"{keys.get('Description', '')} {keys.get('ConstraintDescription', '')}".strip()
        declared[name.value] = _Parameter("Default" not in keys, words)
    return declared


def _check_known(given: Mapping[str, str], declared: Iterable[str]) -> None:
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(declared)}"
            raise LaunchParameterError(f"the template has no parameter {name}; {hint}")


def _check_complete(given: Mapping[str, str], declared: Mapping[str, _Parameter], state: StackState | None) -> None:
    known = {*given, *(state.parameters if state else ()), artifacts.BUCKET_PARAMETER, artifacts.PREFIX_PARAMETER}
    missing = {name: one for name, one in declared.items() if one.is_needed and name not in known}
    if missing:
        asked = [f"  give {_option(name)}: {one.description}" for name, one in missing.items()]
        raise LaunchParameterError("\n".join(["the first launch needs more:", *asked]))


def _option(parameter: str) -> str:
    return "--email ADDRESS" if parameter == EMAIL_PARAMETER else f"--param {parameter}=VALUE"
