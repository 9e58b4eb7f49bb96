# SPDX-License-Identifier: Apache-2.0
"""What a person's mistake gets: one answer naming every problem, and nothing created."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from tests.end_to_end.users import Orchestrator


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (b"", [""]),
        (b"{", [""]),
        (b"[]", [""]),
        (b'{"pipeline_type": "byom_realtime_builtin", "pipeline_type": 1}', [""]),
        (b"[" * 20_000, [""]),
        (b"{}", ["pipeline_type"]),
        (
            b'{"pipeline_type": "byom_realtime_custom", "model_name": null, "custom_image_url": "x",'
            b' "inference_instance": {"dev": "ml.m5.large"}, "data_capture_location": "s3://b/c"}',
            [
                "custom_image_url",
                "model_name",
                "inference_instance",
                "data_capture_location",
                "model_artifact_location",
                "custom_image_uri",
            ],
        ),
    ],
    ids=["empty", "not JSON", "a list", "a key twice", "nested deeply", "no type", "many problems"],
)
def test_every_problem_is_named_and_nothing_is_made(orchestrator: Orchestrator, body: bytes, keys: list[str]) -> None:
    """Lessons 20, 21 and 24."""
    pipelines = orchestrator.pipelines()
    api = orchestrator.deployment.api
    status, content = api.client.post(f"{api.url}/provisionpipeline", body)
    assert status == 400
    answer = json.loads(content)
    assert sorted(error["key"] for error in answer["errors"]) == sorted(keys)
    assert all(error["problem"] for error in answer["errors"])
    assert orchestrator.pipelines() <= pipelines


def test_a_body_longer_than_any_request_is_not_read(orchestrator: Orchestrator) -> None:
    api = orchestrator.deployment.api
    status, _ = api.client.post(f"{api.url}/provisionpipeline", b'"' + b"x" * 300_000 + b'"')
    assert status == 413


@pytest.mark.parametrize(("method", "path"), [("POST", "/provision"), ("PUT", "/provisionpipeline")])
def test_wrong_paths_and_methods_are_refused(orchestrator: Orchestrator, method: str, path: str) -> None:
    request = urllib.request.Request(f"{orchestrator.deployment.api_url}{path}", data=b"{}", method=method)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403


def test_an_unsigned_call_is_refused(orchestrator: Orchestrator) -> None:
    url = f"{orchestrator.deployment.api_url}/provisionpipeline"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, data=b"{}", method="POST"))
    assert refused.value.code == 403
