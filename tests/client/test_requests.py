# SPDX-License-Identifier: Apache-2.0
"""Requests as models: those of the orchestrator, built in Python, and sent as what a file would have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mlops_orchestrator import bundle, requests
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from tests.test_conventions import REQUESTS, launch

_EXAMPLES = [pytest.param(path, id=path.stem) for path in sorted(REQUESTS.glob("*.json"))]


def _request(path: Path) -> tuple[dict[str, Any], PipelineRequest]:
    """An example as it is written, and as a model that was built from its keys."""
    written = json.loads(path.read_text(encoding="utf-8"))
    class_ = getattr(requests, BUILT_IN.get(written["pipeline_type"]).__name__)
    return written, class_(**{key: value for key, value in written.items() if key != "pipeline_type"})


@pytest.mark.parametrize("path", _EXAMPLES)
def test_what_is_sent_means_what_a_file_means(path: Path) -> None:
    written, built = _request(path)
    options = launch(multi_account=".multi" in path.name)
    sent = built.model_dump(mode="json", exclude_unset=True)

    assert sent["pipeline_type"] == written["pipeline_type"]
    assert BUILT_IN.parse(sent, options).request == BUILT_IN.parse(written, options).request
    assert len(sent) == len(written), "what is not given is not sent"


def test_every_built_in_type_has_its_class() -> None:
    assert [getattr(requests, name) for name in dir(requests)] == sorted(BUILT_IN, key=lambda type_: type_.__name__)


def test_a_value_of_another_form_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="inference_instance"):
        requests.RealtimeBuiltIn(
            model_name="churn", model_framework="xgboost", model_framework_version="1.7-1",
            inference_instance="large", data_capture_location="bucket/captured",
        )  # fmt: skip


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = requests.Nothing  # type: ignore[attr-defined]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another module of the bundle's name, first on the path."""
    import sys  # noqa: PLC0415

    for name in [name for name in sys.modules if name.split(".")[0] == "orchestrator"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    found = tmp_path / "orchestrator.py"
    found.write_text("mine = True\n", encoding="utf-8")
    return found


def test_a_module_of_the_same_name_is_neither_shadowed_nor_taken(elsewhere: Path) -> None:
    import importlib  # noqa: PLC0415

    with pytest.raises(ImportError, match="give requests as dictionaries") as refused:
        bundle.make_known()
    assert str(elsewhere) in str(refused.value)
    assert importlib.import_module("orchestrator").mine
