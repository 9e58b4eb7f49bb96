# SPDX-License-Identifier: Apache-2.0
"""Requests without AWS: validated as by the orchestrator, and drafted from its declarations.

Nothing here depends on a pipeline type: the declarations of a new one are checked and proposed, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator import documents
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.model_cards.operations import Operation
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import keys
from orchestrator.pipeline_types.registry import Accepted
from orchestrator.values.monitors import EngineName

_CONTROL_KEYS: Final = frozenset({"pipeline_type", "dry_run"})


def launch(option: str, use_model_registry: bool, region: str, engine: EngineName = "open") -> Launch:
    """Return the launch options for validation; bucket and repository do not affect whether a request is valid."""
    return Launch(
        region=region,
        multi_account=option == "multi-account",
        use_model_registry=use_model_registry,
        assets_bucket="assets-bucket",
        pipelines_bucket="pipelines-bucket",
        ecr_repository_arn=f"arn:aws:ecr:{region}:111122223333:repository/images",
        application="application",
        monitor_engine=engine,
        # What only the orchestrator knows is no warning here.
        automatic_retraining=True,
    )


def check(text: bytes, options: Launch) -> Accepted[PipelineRequest] | Accepted[Operation]:
    """Validate the text of a request, for a pipeline or an operation. Raise RefusedRequestError with every problem."""
    return BUILT_IN.parse_any(documents.read(text), options)


def starter(pipeline_type: str, options: Launch, full: bool) -> dict[str, Any]:
    """Return a request with all required keys, and with `full`, all optional ones that fit. Raise RefusedRequestError.

    Required keys depend on the launch options, so validation is repeated until none is missing.
    """
    type_ = BUILT_IN.declared(pipeline_type)
    listed = keys(type_)
    examples = {key.name: key.example for key in listed}
    request: dict[str, Any] = {"pipeline_type": type_.type_name()}
    while missing := _missing(request, options) & (examples.keys() - request.keys()):
        request.update({name: example for name, example in examples.items() if name in missing})
    if _problem_keys(request, options):
        request = _with_one_key(request["pipeline_type"], examples, options)
    if full:
        for name in [name for name in examples if name not in request.keys() | _CONTROL_KEYS]:
            longer = {**request, name: examples[name]}
            request = longer if _goes_together(longer, request, options) else request
    return {"pipeline_type": request["pipeline_type"]} | {
        key.spelling: request[key.name] for key in listed if key.name in request
    }


def _with_one_key(type_name: str, examples: Mapping[str, Any], options: Launch) -> dict[str, Any]:
    """Return a request of which one of several keys is required, with the first of them that suffices."""
    shortest: list[dict[str, Any]] = [{"pipeline_type": type_name, name: example} for name, example in examples.items()]
    return next(request for request in shortest if not _problem_keys(request, options))


def _goes_together(longer: Mapping[str, Any], request: Mapping[str, Any], options: Launch) -> bool:
    """Whether a request may have one more key, and none that it has loses its meaning by that."""
    if _problem_keys(longer, options):
        return False
    told = set(_warnings(longer, options)) - set(_warnings(request, options))
    return not any(warning.split()[0].rstrip(":") in request for warning in told)


def _warnings(request: Mapping[str, Any], options: Launch) -> tuple[str, ...]:
    return BUILT_IN.parse_any(dict(request), options).warnings


def _missing(request: Mapping[str, Any], options: Launch) -> set[str]:
    return {key for key in _problem_keys(request, options) if key not in request}


def _problem_keys(request: Mapping[str, Any], options: Launch) -> set[str]:
    try:
        BUILT_IN.parse_any(dict(request), options)
    except RefusedRequestError as refused:
        return {problem.key.split(".")[0] for problem in refused.problems}
    return set()
