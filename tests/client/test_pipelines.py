# SPDX-License-Identifier: Apache-2.0
"""A pipeline by the client, from its request to its end, on the local AWS."""

from __future__ import annotations

import json
from contextlib import chdir
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mlops_orchestrator import Failed, NotFound, Orchestrator, Pipeline, RequestRefused, requests
from mlops_orchestrator.aws.api_client import SignedClient
from scripts.demo import demo_model
from tests.end_to_end.users import ARTIFACT_KEY, SERVED

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end import users
    from tests.end_to_end.running import Running

_ROWS = 3


@pytest.fixture(scope="module")
def client(single_account: Running) -> Orchestrator:
    """The orchestrator of the local AWS that runs in the current folder."""
    with chdir(single_account.folder):
        return Orchestrator(local=True)


@pytest.fixture(scope="module")
def served(client: Orchestrator, orchestrator: users.Orchestrator, model: TrainedModel) -> Pipeline:
    """A pipeline whose model is asked: it was sent as a model of a request, and waited for."""
    del model
    request = requests.RealtimeBuiltIn(
        model_name="by-client",
        model_artifact_location=ARTIFACT_KEY,
        inference_instance="ml.m5.large",
        data_capture_location=f"{orchestrator.deployment.outputs['AssetsBucketName']}/captured/by-client",
        **SERVED,
    )
    pipeline = client.provision(request)
    assert pipeline.wait(timeout=120).state == "Succeeded"
    return pipeline


@pytest.fixture(scope="module")
def rows(trained_model: TrainedModel) -> np.ndarray:
    return trained_model.holdout_rows[:_ROWS]


def test_a_pipeline_says_what_it_is(served: Pipeline, client: Orchestrator) -> None:
    assert served.id.startswith("arn:aws:cloudformation:")
    assert served.name == "mlops-pipeline-by-client-byompipelinerealtimebuiltin-codepipeline"
    assert (served.type, served.model_name, served.state) == ("byom_realtime_builtin", "by-client", "Succeeded")
    assert repr(served) == f"Pipeline('{served.name}')"
    assert client.get("by-client").id == served.id
    assert served.outputs["InferenceApiUrl"].startswith("http://127.0.0.1:")


def test_its_runs_are_the_executions_of_its_codepipeline(served: Pipeline) -> None:
    (run,) = served.runs()
    assert run.status == "Succeeded"
    assert run.ended is not None
    assert run.ended >= run.started


@pytest.mark.parametrize("form", ["rows", "array", "frame", "text", "bytes", "one row"])
def test_any_form_of_rows_has_the_model_s_predictions(
    form: str, served: Pipeline, rows: np.ndarray, trained_model: TrainedModel
) -> None:
    text = "\n".join(",".join(map(repr, row)) for row in rows.tolist())
    data = {
        "rows": rows.tolist(), "array": rows, "frame": pd.DataFrame(rows), "text": text, "bytes": text.encode(),
        "one row": rows[:1].tolist(),
    }[form]  # fmt: skip
    own = demo_model.predict(trained_model, rows)[: 1 if form == "one row" else _ROWS]
    assert served.predict(data).numbers == pytest.approx(own, abs=1e-4)


def test_the_address_is_looked_up_once(
    served: Pipeline, client: Orchestrator, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    del served
    found = client.get("by-client")
    found.predict(rows)
    methods, ask = [], SignedClient.ask
    monkeypatch.setattr(SignedClient, "ask", lambda *given: methods.append(given[1]) or ask(*given))
    found.predict(rows)
    assert methods == ["POST"]


def test_rows_that_are_no_rows_are_refused_before_they_are_sent(served: Pipeline) -> None:
    with pytest.raises(TypeError, match=r"One row alone is \[row\]"):
        served.predict([1.0, 2.0])  # type: ignore[list-item]


def test_what_a_model_refuses_is_told(served: Pipeline) -> None:
    with pytest.raises(RequestRefused, match="The model refused the payload"):
        served.predict("no,numbers", "text/csv")


def test_the_list_has_it_with_its_state(served: Pipeline, client: Orchestrator) -> None:
    listed = client.list(model_name="by-client")
    assert [pipeline.id for pipeline in listed] == [served.id]
    assert "<td>by-client</td><td>byom_realtime_builtin</td><td>Succeeded</td>" in listed._repr_html_()
    assert len(client.list()) >= 1
    assert client.list(model_name="somebody-else") == []


def test_a_notebook_shows_it(served: Pipeline) -> None:
    shown = served._repr_html_()
    assert "<th>state</th><td>Succeeded</td>" in shown
    assert served.outputs["InferenceApiUrl"] in shown


def test_a_request_that_changes_nothing_has_nothing_to_wait_for(
    served: Pipeline, client: Orchestrator, orchestrator: users.Orchestrator
) -> None:
    again = client.provision(orchestrator.request("by-client", **SERVED))
    assert again.id == served.id
    assert again.wait(timeout=5).state == "Succeeded"
    assert len(again.runs()) == 1


def test_the_end_of_what_was_there_before_is_not_waited_for(
    client: Orchestrator, orchestrator: users.Orchestrator
) -> None:
    first = client.provision(orchestrator.request("changes"))
    assert first.wait(timeout=120).state == "Succeeded"
    changed = client.provision(orchestrator.request("changes", inference_instance="ml.c5.xlarge"))
    assert changed.wait(timeout=120).state == "Succeeded"
    newest, oldest = changed.runs()
    assert (newest.status, oldest.status) == ("Succeeded", "Succeeded")
    assert newest.started >= oldest.started
    changed.delete(timeout=120)


def test_a_dry_run_makes_nothing(client: Orchestrator, orchestrator: users.Orchestrator) -> None:
    plan = client.provision(orchestrator.request("planned"), dry_run=True)
    assert plan.pipeline_stack_name == "mlops-pipeline-planned-byompipelinerealtimebuiltin-codepipeline"
    assert "<th>pipeline_stack_name</th>" in plan._repr_html_()
    with pytest.raises(NotFound, match="no pipeline planned"):
        client.get("planned")


def test_every_problem_is_told(client: Orchestrator, orchestrator: users.Orchestrator) -> None:
    wrong = orchestrator.request("wrong", inference_instance="large", model_framework="flux")
    with pytest.raises(RequestRefused) as refused:
        client.provision(wrong)
    assert {problem.key for problem in refused.value.problems} == {"inference_instance", "model_framework"}
    assert all(str(problem) in str(refused.value) for problem in refused.value.problems)


def test_a_failed_pipeline_ends_the_wait_with_its_reason(
    client: Orchestrator, orchestrator: users.Orchestrator
) -> None:
    key = "models/broken/model.tar.gz"
    client.client("s3").put_object(Bucket=client.outputs["AssetsBucketName"], Key=key, Body=b"no archive")
    pipeline = client.provision(orchestrator.request("fails", model_artifact_location=key, **SERVED))
    with pytest.raises(Failed, match=r"-codepipeline: Failed\. DeployPipeline, deploy_stack: .+"):
        pipeline.wait(timeout=120)
    pipeline.delete(timeout=120)


def test_a_deletion_is_waited_for(client: Orchestrator, orchestrator: users.Orchestrator) -> None:
    pipeline = client.provision(orchestrator.request("leaves"))
    pipeline.wait(timeout=120)
    pipeline.delete(timeout=120)
    with pytest.raises(NotFound):
        pipeline.status()
    with pytest.raises(NotFound):
        client.get("leaves")
    assert f"<th>Pipeline(&#x27;{pipeline.name}&#x27;)</th><td>There is no pipeline" in pipeline._repr_html_()


def test_types_are_those_that_requests_may_name(client: Orchestrator) -> None:
    found = client.types()
    assert "byom_realtime_builtin" in {one.name for one in found}
    assert "<td>byom_realtime_builtin</td><td>built-in</td>" in found._repr_html_()


def test_an_operation_on_model_cards_is_called(client: Orchestrator) -> None:
    assert "message" in client.call({"pipeline_type": "list_model_cards"})
    with pytest.raises(RequestRefused, match="send it by `call`"):
        client.provision({"pipeline_type": "list_model_cards"})


def test_json_is_what_the_answer_has() -> None:
    from mlops_orchestrator.client.predictions import Prediction  # noqa: PLC0415

    assert Prediction(json.dumps({"scores": [1, 2]}).encode()).json() == {"scores": [1, 2]}
    assert Prediction(b"[0.5, 1]").numbers == [0.5, 1.0]
