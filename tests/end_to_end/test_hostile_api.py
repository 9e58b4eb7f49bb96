# SPDX-License-Identifier: Apache-2.0
"""schemathesis over the deployed API: what the OpenAPI document allows, and what it does not.

Requests are signed, and every body asks for a dry run. `--exhaustive` sends six times as many, and
`MLOPS_TRUST_REPORT` names a folder for a summary of them.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests.auth import AuthBase

from tests.end_to_end.running import Running, logged
from tests.end_to_end.test_openapi import DOCUMENT
from tests.end_to_end.users import Orchestrator
from tests.hostile.planted import CANARY
from tests.sampling import Sampling

if TYPE_CHECKING:
    from requests import PreparedRequest

_EACH: Final = 24
_SAMPLE: Final = 4
_OPERATIONS: Final = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]


class Signature(AuthBase):
    """Signs a request for API Gateway as `mlops` does."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._aws = orchestrator.deployment.aws

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        credentials = self._aws.session.get_credentials()
        assert credentials is not None
        signed = AWSRequest(str(request.method), str(request.url), {}, request.body)
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self._aws.region).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


@pytest.fixture(scope="module")
def statuses(orchestrator: Orchestrator, sampling: Sampling) -> Iterator[Counter[int]]:
    """How many answers had which status. At the end, no pipeline has come of any of them."""
    before, found = orchestrator.pipelines(), Counter[int]()
    yield found
    assert orchestrator.pipelines() <= before
    if folder := os.environ.get("MLOPS_TRUST_REPORT"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        told = {"seed": sampling.seed, "statuses": dict(sorted(found.items()))}
        (Path(folder) / "hostile-api.json").write_text(json.dumps(told, indent=4), encoding="utf-8")


@pytest.fixture(scope="module")
def schema() -> Any:
    """The document as schemathesis has it; its import is slow, so that nobody else pays for it."""
    import schemathesis  # noqa: PLC0415

    return schemathesis.openapi.from_dict(DOCUMENT)


def trying(test: Callable[[], None], sampling: Sampling) -> Callable[[], None]:
    """Run with a few cases, the same for a seed."""
    chosen = settings(
        max_examples=sampling.size(_EACH, _SAMPLE),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run: Callable[[], None] = seed(sampling.seed)(chosen(test))
    return run


@pytest.fixture(scope="module")
def tried(orchestrator: Orchestrator, statuses: Counter[int]) -> Callable[[Any], None]:
    """`tried(case)` sends a request, and compares the answer with the document."""
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    every = [not_a_server_error, checks.content_type_conformance, checks.response_schema_conformance]

    def send(case: Any) -> None:
        if isinstance(case.body, dict):
            case.body |= {"dry_run": True, "wait": False}
        response = case.call(base_url=orchestrator.deployment.api_url, auth=Signature(orchestrator))
        statuses[response.status_code] += 1
        case.validate_response(response, checks=every)

    return send


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
@pytest.mark.parametrize(("method", "path"), _OPERATIONS)
def test_each_answer_is_one_that_the_document_has(
    method: str, path: str, mode: str, *, schema: Any, tried: Callable[[Any], None], sampling: Sampling
) -> None:
    """A body and parameters as the document has them, and such as it does not."""
    from schemathesis import GenerationMode  # noqa: PLC0415

    trying(given(schema[path][method].as_strategy(generation_mode=GenerationMode[mode]))(tried), sampling)()


@pytest.mark.parametrize(
    "body",
    [
        {"aws_secret_access_key": CANARY, "dry_run": True},
        {"custom_image_uri": CANARY, "dry_run": True},
        {"inference_instance": CANARY},
        {"pipeline_type": CANARY},
    ],
    ids=lambda body: next(iter(body)),
)
def test_a_canary_is_planted(body: dict[str, Any], orchestrator: Orchestrator) -> None:
    """Whether it has got into a log is looked up at the end, in the logs of the whole session (`running.py`)."""
    answer = orchestrator.deployment.api.provision(orchestrator.request("canary") | body)
    assert answer.status in {200, 400}


def test_there_are_logs_to_look_into(
    orchestrator: Orchestrator, single_account: Running, until: Callable[[Callable[[], Any]], Any]
) -> None:
    orchestrator.deployment.api.details("logged-name")
    assert until(lambda: "/pipelines/logged-name" in "".join(logged(single_account)))
