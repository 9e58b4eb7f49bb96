# SPDX-License-Identifier: Apache-2.0
"""Requests with changes, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.registry import Accepted
from orchestrator.values.per_stage import Stage

Body = dict[str, Any]
GONE: Final = object()
"""As a value: the key is left out."""
PACKAGE: Final = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/berth-models/4"
UNDECIDED: Final = {
    "RolePath": "/",
    "PermissionsBoundaryName": "",
    "AllowedArns": "*",
    "AllowedAccounts": "*",
    "LogRetentionDays": "365",
    "LogKmsKeyArn": "",
    "FunctionSubnetIds": "",
    "FunctionSecurityGroupIds": "",
    "FunctionConcurrency": "",
}
"""Values of the operator's options that every blueprint with functions has, when the operator has decided nothing."""


def changed(body: Body, changes: Mapping[str, Any]) -> Body:
    return {key: value for key, value in {**body, **changes}.items() if value is not GONE}


def problems_of(body: Any, launch: Launch) -> dict[str, str]:
    """The problems by key; fails when the request is accepted or a key is reported twice."""
    with pytest.raises(RefusedRequestError) as refused:
        BUILT_IN.parse(body, launch)
    found = [(problem.key, problem.problem) for problem in refused.value.problems]
    assert len(dict(found)) == len(found), f"a key is reported twice: {found}"
    return dict(found)


def accept(body: Body, launch: Launch, **changes: Any) -> Accepted:
    return BUILT_IN.parse(changed(body, changes), launch)


def request_of(body: Body, launch: Launch, **changes: Any) -> PipelineRequest:
    return accept(body, launch, **changes).request


def parameters_of(body: Body, launch: Launch, stage: Stage | None = None, /, **changes: Any) -> dict[str, str]:
    request = request_of(body, launch, **changes)
    assert isinstance(request, BlueprintPipeline)
    return request.parameters(launch, stage).values_as_text()
