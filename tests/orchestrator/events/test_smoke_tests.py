# SPDX-License-Identifier: Apache-2.0
"""Events of smoke tests: what is kept of them, and what is none."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.aws.s3 import documents, objects
from orchestrator.events import smoke_tests
from orchestrator.launch.settings import Settings
from orchestrator.provisioned.awaited.smoke_tests import SmokeTestRecord, asked_for

PIPELINE: Final = "mlops-pipeline-berths-byompipelinerealtimebuiltin"
FOUND: Final = {
    "stack": f"StackSet-{PIPELINE}-dev-0f1e2d3c-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
    "at": "2026-11-30T10:00:00+00:00",
    "calls": 3,
    "errors": 0,
    "problem": "",
    "p50_ms": 10,
    "p95_ms": 20,
    "max_ms": 20,
}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The bucket."""
    there: dict[str, bytes] = {}
    monkeypatch.setattr(objects, "store_marker", lambda _, key, content: there.update({key: content}))
    monkeypatch.setattr(objects, "content_if_there", lambda _, key: there.get(key))
    return there


def _sent(settings: Settings, **changes: Any) -> int:
    event = {"account": settings.account, "detail": {**FOUND, **changes}}
    told: int = smoke_tests.ended(event, settings, "")["kept"]
    return told


def test_the_figures_of_an_account_are_kept(settings: Settings, kept: dict[str, bytes]) -> None:
    assert _sent(settings, stack=PIPELINE) == 1
    (key,) = kept
    assert key == f"provisioned/{PIPELINE}/smoke-figures/single-{settings.account}.json"
    record = documents.find(SmokeTestRecord, "any", key)
    assert record is not None
    assert record.sentence() == "here, 2026-11-30 10:00 UTC: 3 calls, none failed; p50 10 ms, p95 20 ms, slowest 20 ms"


def test_stacks_of_stages_are_known_by_their_names(settings: Settings, kept: dict[str, bytes]) -> None:
    assert _sent(settings) == 1
    assert next(iter(kept)).startswith(f"provisioned/{PIPELINE}/")


def test_an_older_event_does_not_replace_newer_figures(settings: Settings, kept: dict[str, bytes]) -> None:
    assert _sent(settings) == 1
    assert _sent(settings, at="2026-11-30T09:59:59+00:00", errors=3) == 0
    assert _sent(settings, at="2026-11-30T10:00:01+00:00", errors=1) == 1
    assert b'"errors":1' in next(iter(kept.values()))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"stack": "my-own-stack"}, id="stack of others"),
        pytest.param({"stack": f"{PIPELINE}/../x"}, id="path"),
        pytest.param({"calls": -1}, id="negative"),
        pytest.param({"at": "now"}, id="no time"),
        pytest.param({"problem": "x" * 2001}, id="long"),
    ],
)
def test_what_is_no_smoke_test_is_ignored(settings: Settings, kept: dict[str, bytes], changes: dict[str, Any]) -> None:
    assert _sent(settings, **changes) == 0
    assert kept == {}


def test_only_requests_with_a_test_are_looked_for() -> None:
    assert asked_for({"smoke_test": {"payload": 1}})
    assert not asked_for({"smoke_test": ""})
    assert not asked_for(None)
