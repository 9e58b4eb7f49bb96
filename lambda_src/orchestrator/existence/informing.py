# SPDX-License-Identifier: Apache-2.0
"""Looks at what a request names: side by side, and all that is not there in one answer.

"Not there" is a problem, and one answer has all of them. What cannot be looked at, because AWS denies it or is busy, is
a warning: the deployment will show it. A request that is refused for its form is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from orchestrator import csv_headers
from orchestrator.aws import looks, parallel
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudwatch import alarms
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import endpoints, model_sources
from orchestrator.errors import Problem, RefusedRequestError, ServiceRefusedError
from orchestrator.existence import named_things, trainings
from orchestrator.existence.named_things import ALARMS_KEY, ENDPOINT_KEY, PACKAGE_KEY, TRAINING_KEY, Named
from orchestrator.launch.settings import Launch
from orchestrator.model_cards.refusals import absent, refusing
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.spelling import Spelling
from orchestrator.plan.automation import RetrainedBy
from orchestrator.sagemaker.monitor_alarms import VIOLATED
from orchestrator.values import package_artifacts
from orchestrator.values.package_artifacts import PackagedModel

_DENIED: Final = "AccessDeniedException"
_NOT_SHARED: Final = "must be of a group whose policy lets the orchestrator's account describe it: {reason}"

_Change = Callable[[PipelineRequest], PipelineRequest]
"""What a look adds to the request."""


@dataclass(frozen=True)
class _Seen:
    """What one look has found."""

    change: _Change | None = None
    problems: tuple[Problem, ...] = ()
    """Without what is wrong here there is no plan."""
    missing: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


_Looking = Callable[[], _Seen]
_WithModel = Callable[[PipelineRequest, PackagedModel], PipelineRequest]


@dataclass(frozen=True)
class Informed:
    """A request with what files, endpoints and model packages that it names hold."""

    request: PipelineRequest
    missing: tuple[Problem, ...] = ()
    """Things that are not there, or not as they must be."""
    warnings: tuple[str, ...] = ()


def inform(request: PipelineRequest, launch: Launch, written: Mapping[str, Any]) -> Informed:
    """Look at all that a request names; `written` is its body, whose spelling of keys problems have.

    Raises `RefusedRequestError` with everything found where the plan depends on a thing that is not there.
    """
    named = named_things.of(request, launch)
    looking: list[tuple[str, _Looking]] = list(_reads(request, launch))
    looking += [(looks.service(each.thing), partial(_look, each)) for each in named]
    if not looking:
        return Informed(request)
    services = tuple(dict.fromkeys(service for service, _ in looking))
    seen = parallel.each(services, lambda each: each[1](), looking)
    problems = [problem for each in seen for problem in each.problems]
    informed = request
    for each in seen:
        if each.change is not None:
            try:
                informed = each.change(informed)
            except RefusedRequestError as refused:
                problems.extend(refused.problems)
    told = partial(_told, request, Spelling(written, request.spellings()))
    missing = [problem for each in seen for problem in each.missing]
    if problems:
        raise RefusedRequestError(told([*problems, *missing]))
    warnings = told(problem for each in seen for problem in each.warnings)
    return Informed(informed, told(missing), tuple(map(str, warnings)))


def _told(request: PipelineRequest, spelling: Spelling, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems in the order of the request's keys, and under these as the caller wrote them."""
    keys = list(type(request).model_fields)
    ordered = sorted(problems, key=lambda problem: keys.index(problem.key.split(".")[0]))
    return tuple(spelling.of(problem) for problem in ordered)


def _look(named: Named) -> _Seen:
    try:
        wrong = looks.at(named.thing)
    except ServiceRefusedError as refused:
        sentence = f"could not be looked up before the deployment ({refused.code})"
        return _Seen(warnings=(Problem(named.key, sentence),))
    return _Seen(missing=(Problem(named.key, wrong),) if wrong else ())


def _reads(request: PipelineRequest, launch: Launch) -> Iterator[tuple[str, _Looking]]:
    """Yield the readings that the plan needs, each with the service that is asked."""
    if request.csv_files(launch):
        yield "s3", partial(_headers, request, launch)
    if arn := request.model_package(launch):
        yield "sagemaker", partial(_package, PACKAGE_KEY, arn, launch, _with_own)
    for key, arn in request.further_packages(launch).items():
        yield "sagemaker", partial(_package, key, arn, launch, partial(_with_further, arn))
    if request.monitored_endpoints():
        yield "sagemaker", partial(_endpoints, request, launch)
    if training := request.retrained_by():
        yield "cloudformation", partial(_training, training, launch)
    if prefix := request.alarms_of_monitors(launch):
        yield "cloudwatch", partial(_alarms, request, prefix)


def _training(training: RetrainedBy, launch: Launch) -> _Seen:
    seen = trainings.look(training, launch)
    missing = (Problem(TRAINING_KEY, seen.missing),) if seen.missing else ()
    return _Seen(missing=missing, warnings=(Problem(TRAINING_KEY, seen.warning),) if seen.warning else ())


def _alarms(request: PipelineRequest, prefix: str) -> _Seen:
    """Find the alarms on violations of the monitors whose stacks' names begin so; a monitor may come later."""
    try:
        found = alarms.beginning(prefix, f"-{VIOLATED}-")
    except ServiceRefusedError as refused:
        sentence = f"could not be looked up before the deployment ({refused.code}): no alarm of theirs is used"
        return _Seen(warnings=(Problem(ALARMS_KEY, sentence),))
    if not found:
        sentence = (
            "there is no monitor of this model on the open engine yet, so no alarm of one is used; send this request "
            "again when there is"
        )
        return _Seen(warnings=(Problem(ALARMS_KEY, sentence),))
    left_out = request.alarms_left_out(found)
    sentence = f"an update watches three alarms beside its own, so these are not among them: {', '.join(left_out)}"
    warnings = (Problem(ALARMS_KEY, sentence),) if left_out else ()
    return _Seen(lambda informed: informed.with_alarms_of_monitors(found), warnings=warnings)


def _headers(request: PipelineRequest, launch: Launch) -> _Seen:
    try:
        headers = csv_headers.read(request.csv_files(launch), objects.beginning)
    except RefusedRequestError as refused:
        return _Seen(problems=refused.problems)
    return _Seen(lambda informed: informed.with_csv_headers(headers))


def _package(key: str, arn: str, launch: Launch, with_model: _WithModel) -> _Seen:
    try:
        model = _packaged_model(key, arn, launch)
    except RefusedRequestError as refused:
        return _Seen(problems=refused.problems)
    return _Seen(lambda informed: with_model(informed, model))


def _with_own(request: PipelineRequest, model: PackagedModel) -> PipelineRequest:
    return request.with_packaged_model(model)


def _with_further(arn: str, request: PipelineRequest, model: PackagedModel) -> PipelineRequest:
    return request.with_further_package(arn, model)


def _packaged_model(key: str, arn: str, launch: Launch) -> PackagedModel:
    """Return the model of a version. Raise `RefusedRequestError` if it has none, or none that a request may read."""
    with refusing(key, {**absent("model package version"), _DENIED: _NOT_SHARED}):
        description = model_sources.describe_model_package(arn)
    try:
        model = package_artifacts.of_description(description)
    except ValueError as error:
        raise RefusedRequestError([Problem(key, str(error))]) from None
    if found := list(package_artifacts.problems(key, model, launch.reach)):
        raise RefusedRequestError(found)
    return model


def _endpoints(request: PipelineRequest, launch: Launch) -> _Seen:
    """Find the names of endpoints as SageMaker spells them (lesson 106).

    Nobody can look into the accounts of stages. There, and for an endpoint that one of our pipelines is still to make,
    a name is as real-time pipelines spell it, in lower case, if the model has one, else as the caller spells it.
    """
    names: dict[str, str] = {}
    missing: list[Problem] = []
    warnings: list[Problem] = []
    for name in sorted(request.monitored_endpoints()):
        names[name] = "" if launch.multi_account else endpoints.real_name(name)
        if names[name]:
            continue
        is_plain = launch.multi_account and name == name.lower()
        is_ours = not is_plain and any(stacks.find(stack) is not None for stack in request.stacks_of_endpoints())
        names[name] = name.lower() if is_ours else name
        if launch.multi_account:
            continue
        if is_ours:
            sentence = (
                f"there is no endpoint {name} yet; a pipeline of this model is to make it, and the monitor's "
                "deployment fails if it comes later than the baseline"
            )
            warnings.append(Problem(ENDPOINT_KEY, sentence))
        else:
            sentence = f"there is no endpoint {name} in this account and Region: deploy it first"
            missing.append(Problem(ENDPOINT_KEY, sentence))
    return _Seen(lambda informed: informed.with_endpoint_names(names), (), tuple(missing), tuple(warnings))
