# SPDX-License-Identifier: Apache-2.0
"""`mlops load` against what pipelines deployed on the local AWS."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from orchestrator.sagemaker.deployed_outputs import ENDPOINT
from scripts.cli.everyday import loading
from scripts.demo.demo_model import TrainedModel
from scripts.load.pacing import Reply, Run
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import SERVED, Orchestrator


@pytest.fixture
def served(local: Running, orchestrator: Orchestrator, model: TrainedModel) -> Orchestrator:
    """The pipeline of the model `loaded`."""
    orchestrator.provisioned(orchestrator.request("loaded", **SERVED))
    return orchestrator


def test_calls_are_counted_by_variant_with_an_estimate(served: Orchestrator, mlops: Mlops, rows: str) -> None:
    asked = ("load", "loaded", "--payload", rows, "--rate", "20", "--seconds", "0.5", "--local")
    (document,) = mlops(*asked, "--json").documents
    assert (document["calls"], document["failed"], document["errors"], document["instances"]) == (10, 0, {}, 1)
    assert list(document["variants"]) == ["AllTraffic"]
    assert document["variants"]["AllTraffic"]["calls"] == 10
    assert list(document["latency_ms"]) == ["p50", "p90", "p95", "p99", "max"]
    assert document["estimate"]

    shown = mlops(*asked, "--target-variant", "AllTraffic")
    assert (shown.status, shown.err) == (0, "")
    assert "10 calls in 0.5 s, of http" in shown.out
    assert "AllTraffic" in shown.out
    assert "calls/s began" in shown.out


@pytest.mark.parametrize(
    ("counts", "instances"),
    [({"AllTraffic": 2, "challenger": 3}, 2), ({"AllTraffic": None}, None), ({"challenger": 3}, None)],
    ids=["one of two", "serverless", "gone"],
)
def test_instances_are_those_of_the_variants_that_answered(
    counts: dict[str, int | None], instances: int | None
) -> None:
    told = [{"VariantName": name, "CurrentInstanceCount": count} for name, count in counts.items() if count]
    told += [{"VariantName": name} for name, count in counts.items() if not count]
    sagemaker = SimpleNamespace(describe_endpoint=lambda **_: {"ProductionVariants": told})
    aws = Mock(client=lambda _: sagemaker)
    deployed = Mock(aws=aws, outputs={ENDPOINT: "loaded-live"})
    assert loading._instances(deployed, {"AllTraffic"}) == instances


def test_a_model_that_does_not_answer_is_asked_once(served: Orchestrator, mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "question.json").write_text('{"a": 1}')
    asked = ("--payload", str(tmp_path / "question.json"), "--rate", "1", "--seconds", "1")
    ended = mlops("load", "loaded", *asked, "--local")
    assert ended.status == 1
    assert "application/json is not an accepted ContentType" in ended.err


def test_nobody_is_loaded_who_fails_all_the_time(
    served: Orchestrator, mlops: Mlops, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_caller", lambda *_: lambda: Reply(error="HTTP 503: too many"))
    asked = ("load", "loaded", "--payload", rows, "--rate", "20", "--seconds", "0.1", "--local")
    ended = mlops(*asked)
    assert ended.status == 1
    assert re.search(r"^2\s+HTTP 503: too many", ended.out, re.M)
    assert "No call was answered" in ended.out
    (document,) = mlops(*asked, "--json").documents
    assert document["error"]["message"] == "no call was answered: HTTP 503: too many"


def test_calls_beyond_the_throttle_are_errors_by_name(
    local: Running, orchestrator: Orchestrator, model: TrainedModel, mlops: Mlops, rows: str
) -> None:
    """The first call is the one before the load; one more is let in for each second that all of it takes."""
    throttle = {"throttle_rate": 1, "throttle_burst": 5}
    orchestrator.provisioned(orchestrator.request("loaded-throttled", inference_api=throttle, **SERVED))
    began = time.monotonic()
    ended = mlops(
        "load", "loaded-throttled", "--payload", rows, "--rate", "100", "--seconds", "0.2", "--local", "--json"
    )
    (document,) = ended.documents
    answered = document["variants"]["AllTraffic"]["calls"]
    assert 4 <= answered <= 4 + int(time.monotonic() - began)
    assert (document["calls"], document["failed"]) == (20, 20 - answered)
    assert document["errors"] == {"HTTP 429: Too Many Requests": 20 - answered}
    assert document["variants"]["unknown"]["failed"] == 20 - answered


@pytest.fixture
def bare(local: Running, orchestrator: Orchestrator, model: TrainedModel) -> Orchestrator:
    """The pipeline of the model `loaded-bare`, whose endpoint has no API."""
    orchestrator.provisioned(orchestrator.request("loaded-bare", inference_api="none", **SERVED))
    return orchestrator


def test_an_endpoint_without_an_api_is_called_by_invoke_endpoint(bare: Orchestrator, mlops: Mlops, rows: str) -> None:
    asked = ("load", "loaded-bare", "--payload", rows, "--rate", "20", "--seconds", "0.5", "--local")
    (document,) = mlops(*asked, "--json").documents
    assert (document["calls"], document["failed"], document["errors"], document["instances"]) == (10, 0, {}, 1)
    assert document["variants"]["AllTraffic"]["calls"] == 10

    shown = mlops(*asked, "--target-variant", "nobody")
    assert shown.status == 1
    assert "nobody" in shown.err
    assert "10 calls in 0.5 s, of endpoint " in mlops(*asked).out


def test_a_call_of_an_endpoint_that_is_busy_is_not_repeated(
    bare: Orchestrator, mlops: Mlops, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, sent = URLLib3Session.send, []

    def busy(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if request.url.endswith("/invocations"):
            sent.append(request.url)
        if len(sent) < 2:
            return send(session, request)
        return AWSResponse(request.url, 503, {}, SimpleNamespace(stream=lambda: [b"{}"]))

    monkeypatch.setattr(URLLib3Session, "send", busy)
    ended = mlops("load", "loaded-bare", "--payload", rows, "--rate", "20", "--seconds", "0.1", "--local")
    assert ended.status == 1
    assert len(sent) == 3, "the one before and two of the load"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rate", "201", "--seconds", "1"), "--rate must be more than 0 and at most 200"),
        (("--rate", "100", "--seconds", "500"), "at most 20000 calls"),
        (("--rate", "1"), "--seconds"),
        (("--rate", "1", "--seconds", "1", "--stage", "prod"), "nobody can answer here: give --yes"),
    ],
    ids=["rate", "calls", "no-seconds", "prod"],
)
def test_wrong_use_calls_nobody(
    mlops: Mlops, rows: str, monkeypatch: pytest.MonkeyPatch, arguments: Any, words: str
) -> None:
    def called(*_: object) -> Run:
        raise AssertionError

    monkeypatch.setattr(loading.pacing, "run", called)
    ended = mlops("load", "nobody", "--payload", rows, *arguments)
    assert ended.status == 2
    assert words in ended.err
