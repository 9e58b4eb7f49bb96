# SPDX-License-Identifier: Apache-2.0
"""Requests without AWS: validated as the orchestrator would, and started from its declarations.

Nothing here knows a pipeline type: what a new one declares is what is checked and proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator import documents
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import keys
from orchestrator.pipeline_types.registry import Accepted

_CONTROL_KEYS: Final = frozenset({"pipeline_type", "dry_run"})


def launch(option: str, use_model_registry: bool, region: str) -> Launch:
    """Launch options as validation sees them; bucket and repository do not decide whether a request is valid."""
    return Launch(
        region=region,
        multi_account=option == "multi-account",
        use_model_registry=use_model_registry,
        assets_bucket="assets-bucket",
        pipelines_bucket="pipelines-bucket",
        ecr_repository_arn=f"arn:aws:ecr:{region}:111122223333:repository/images",
        application="application",
    )


def check(text: bytes, options: Launch) -> Accepted[PipelineRequest]:
    """Validate a request's text; raises `RefusedRequestError` with every problem."""
    return BUILT_IN.parse(documents.read(text), options)


def starter(pipeline_type: str, options: Launch, full: bool) -> dict[str, Any]:
    """A request with every required key, and with `full` every optional one that fits; raises `RefusedRequestError`.

    What is required under these launch options is what validation asks for, so it is asked until it is content.
    """
    type_ = BUILT_IN.get(pipeline_type)
    listed = keys(type_)
    examples = {key.name: key.example for key in listed}
    request: dict[str, Any] = {"pipeline_type": type_.type_name()}
    while missing := _missing(request, options) & (examples.keys() - request.keys()):
        request.update({name: example for name, example in examples.items() if name in missing})
    if full:
        for name in [name for name in examples if name not in request.keys() | _CONTROL_KEYS]:
            longer = {**request, name: examples[name]}
            request = request if _problem_keys(longer, options) else longer
    return {"pipeline_type": request["pipeline_type"]} | {
        key.spelling: request[key.name] for key in listed if key.name in request
    }


def _missing(request: Mapping[str, Any], options: Launch) -> set[str]:
    return {key for key in _problem_keys(request, options) if key not in request}


def _problem_keys(request: Mapping[str, Any], options: Launch) -> set[str]:
    try:
        BUILT_IN.parse(dict(request), options)
    except RefusedRequestError as refused:
        return {problem.key.split(".")[0] for problem in refused.problems}
    return set()
