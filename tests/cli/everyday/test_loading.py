# SPDX-License-Identifier: Apache-2.0
"""`mlops load` against what pipelines deployed on the local AWS."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

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


def test_a_call_of_an_endpoint_that_is_busy_is_not_repeated(
    served: Orchestrator, mlops: Mlops, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.provisioned(served.request("loaded-bare", inference_api="none", **SERVED))
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
