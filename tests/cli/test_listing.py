# SPDX-License-Identifier: Apache-2.0
"""`mlops list` and `mlops delete` against an API that answers what a test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlops_orchestrator.aws.api_client import Answer
from scripts.cli import connection
from tests.cli.conftest import Mlops

Body = dict[str, Any]
STACK = "mlops-pipeline-churn-byompipelinerealtimebuiltin-codepipeline"
ARN = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{STACK}/1"


class Api:
    """The orchestrator's API; what was asked is in `asked`."""

    def __init__(self, *answers: tuple[int, Body]) -> None:
        self._answers = [Answer(*answer) for answer in answers]
        self.asked: list[tuple[str, Any]] = []

    def _next(self, verb: str, what: Any) -> Answer:
        self.asked.append((verb, what))
        return self._answers.pop(0)

    def list(self, **query: Any) -> Answer:
        return self._next("list", query)

    def details(self, pipeline_id: str) -> Answer:
        return self._next("details", pipeline_id)

    def delete(self, pipeline_id: str) -> Answer:
        return self._next("delete", pipeline_id)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Api]:
    """`api((200, {...}), ...)`: the answers in order."""

    def answering(*answers: tuple[int, Body]) -> Api:
        made = Api(*answers)
        monkeypatch.setattr(connection, "orchestrator_api", lambda *_: made)
        return made

    return answering


def pipeline(model_name: str, **more: Any) -> Body:
    return {
        "pipeline_id": f"{ARN}{model_name}",
        "pipeline_stack_name": f"mlops-pipeline-{model_name}-x-codepipeline",
        "pipeline_type": "byom_realtime_builtin",
        "model_name": model_name,
        "stack_status": "CREATE_COMPLETE",
        "stages": [],
        "last_execution": None,
        "waiting": [],
        **more,
    }


def details(**more: Any) -> Body:
    return {
        "pipeline_id": ARN,
        "pipeline_stack_name": STACK,
        "stack_status": "CREATE_COMPLETE",
        "stack": {"stack_name": STACK.removesuffix("-codepipeline"), "stack_id": "other", "status": "CREATE_COMPLETE"},
        "stages": [],
        "deletion": None,
        **more,
    }


class TestList:
    def test_all_pages_are_one_list_and_nothing_is_in_it_twice(self, api: Callable[..., Api], mlops: Mlops) -> None:
        asked = api(
            (200, {"pipelines": [pipeline("a"), pipeline("b")], "next": "n"}),
            (200, {"pipelines": [pipeline("b"), pipeline("c")]}),
        )
        told = mlops("list", "--json", "--type", "byom_realtime_builtin")
        assert told.status == 0
        (document,) = told.documents
        assert [one["model_name"] for one in document["pipelines"]] == ["a", "b", "c"]
        filters = {"limit": 50, "model_name": "", "pipeline_type": "byom_realtime_builtin"}
        assert asked.asked == [("list", filters | {"next": ""}), ("list", filters | {"next": "n"})]

    def test_a_person_sees_stages_and_what_to_decide(self, api: Callable[..., Api], mlops: Mlops) -> None:
        stages = [
            {"name": "DeployDev", "status": "InProgress", "execution": "e-2"},
            {"name": "DeployStaging", "status": "Failed", "execution": "e-1"},
        ]
        last = {"id": "e-2", "status": "InProgress", "started_at": "2026-11-24T10:20:30+00:00", "trigger": "x"}
        question = {"stage": "DeployDev", "action": "DeployStaging", "since": "2026-11-24T10:21:30+00:00"}
        api((200, {"pipelines": [pipeline("churn", stages=stages, last_execution=last, waiting=[question])]}))
        told = mlops("list", "--region", "eu-west-1")
        assert "DeployDev: InProgress" in told.out
        assert "DeployStaging: Waiting" in told.out, "it tells of an earlier execution"
        assert "InProgress 2026-11-24 10:20" in told.out
        assert "DeployStaging, since 2026-11-24T10:21" in told.out
        assert "mlops approve mlops-pipeline-churn-x-codepipeline staging --region eu-west-1\n" in told.out

    def test_a_broken_stack_shows_its_status(self, api: Callable[..., Api], mlops: Mlops) -> None:
        api((200, {"pipelines": [pipeline("a", stack_status="ROLLBACK_COMPLETE")]}))
        assert "ROLLBACK_COMPLETE" in mlops("list").out

    def test_an_empty_list_says_so(self, api: Callable[..., Api], mlops: Mlops) -> None:
        api((200, {"pipelines": []}))
        assert mlops("list").out == "There are no pipelines.\n"

    @pytest.mark.parametrize(("answer", "status"), [(400, 2), (403, 1), (503, 1)])
    def test_a_refusal_ends_it(self, api: Callable[..., Api], mlops: Mlops, answer: int, status: int) -> None:
        api((answer, {"message": "No."}))
        told = mlops("list")
        assert told.status == status
        assert told.err == f"error: No. (HTTP {answer})\n"


class TestDelete:
    def test_what_goes_and_what_stays_is_told_first(self, api: Callable[..., Api], mlops: Mlops) -> None:
        asked = api((200, details()), (202, {"message": "It has begun.", "pipeline_id": ARN}))
        told = mlops("delete", "churn", "--yes")
        assert told.status == 0
        assert asked.asked == [("details", "churn"), ("delete", ARN)]
        going, staying = told.out.split("stays", 1)
        assert f"{STACK} " in going
        assert f"{STACK.removesuffix('-codepipeline')} " in going
        assert "models, data and results" in staying
        assert "It has begun." in staying

    def test_nobody_can_be_asked_in_a_script(self, api: Callable[..., Api], mlops: Mlops) -> None:
        asked = api()
        told = mlops("delete", "churn")
        assert (told.status, asked.asked) == (2, [])
        assert "give --yes" in told.err

    @pytest.mark.parametrize(("answer", "status"), [(404, 2), (400, 2), (502, 1)])
    def test_what_is_not_found_is_not_deleted(
        self, api: Callable[..., Api], mlops: Mlops, answer: int, status: int
    ) -> None:
        asked = api((answer, {"message": "There is no pipeline churn."}))
        assert mlops("delete", "churn", "--yes").status == status
        assert [verb for verb, _ in asked.asked] == ["details"]

    def test_a_watch_tells_the_changes_until_it_is_gone(self, api: Callable[..., Api], mlops: Mlops) -> None:
        begun = (202, {"message": "It has begun.", "pipeline_id": ARN})
        api(
            (200, details()),
            begun,
            (200, details(stack_status="DELETE_IN_PROGRESS")),
            (200, details(stack_status="DELETE_COMPLETE", deletion={"failure": ""}, stack=None)),
            (404, {"message": "gone"}),
        )
        told = mlops("delete", ARN, "--yes", "--watch", "--json")
        assert told.status == 0
        assert told.documents == [
            {"kind": "event", "message": "It has begun.", "pipeline_id": ARN},
            {"kind": "event", "name": STACK, "is": "the pipeline's stack, DELETE_IN_PROGRESS"},
            {"kind": "event", "name": STACK, "is": "the pipeline's stack, DELETE_COMPLETE"},
            {"kind": "event", "pipeline_id": ARN, "status": "DELETED"},
            {"kind": "result", "pipeline_id": ARN, "status": "DELETED"},
        ]

    def test_a_failure_ends_the_watch_with_its_reason(self, api: Callable[..., Api], mlops: Mlops) -> None:
        begun = (202, {"message": "It has begun.", "pipeline_id": ARN})
        api((200, details()), begun, (200, details(deletion={"failure": "The stack is in use."})))
        told = mlops("delete", ARN, "--yes", "--watch")
        assert told.status == 1
        assert "The stack is in use." in told.err

    def test_a_failure_is_the_result_of_the_lines(self, api: Callable[..., Api], mlops: Mlops) -> None:
        begun = (202, {"message": "It has begun.", "pipeline_id": ARN})
        api((200, details()), begun, (200, details(deletion={"failure": "The stack is in use."})))
        told = mlops("delete", ARN, "--yes", "--watch", "--json")
        assert told.status == 1
        assert [line["kind"] for line in told.documents] == ["event", "event", "result"]
        assert "The stack is in use." in told.documents[-1]["error"]["message"]

    def test_an_interrupted_watch_says_what_goes_on_and_how_to_look_again(
        self, api: Callable[..., Api], mlops: Mlops, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("scripts.cli.pipelines.removals.follow", interrupt)
        api((200, details()), (202, {"message": "It has begun.", "pipeline_id": ARN}))
        told = mlops("delete", ARN, "--yes", "--watch")
        assert told.status == 130
        assert "the deletion goes on" in told.err
        assert f"mlops delete {STACK} --yes --watch" in told.err

    def test_stages_that_show_no_change_are_asked_for_again(
        self, api: Callable[..., Api], mlops: Mlops, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Events of a delegated administrator's StackSets may not reach the orchestrator."""
        monkeypatch.setattr("scripts.cli.pipelines.removals._REPEATED_AFTER_SECONDS", -1)
        begun = (202, {"message": "It has begun.", "pipeline_id": ARN})
        instance = {"account": "111122223333", "region": "us-east-1", "status": "CURRENT"}
        waiting = details(stages=[{"stage": "dev", "stack_set": "s", "instances": [instance]}], stack=None)
        asked = api((200, waiting), begun, (200, waiting), begun, (404, {}))
        told = mlops("delete", ARN, "--yes", "--watch")
        assert told.status == 0
        assert [verb for verb, _ in asked.asked] == ["details", "delete", "details", "delete", "details"]
        assert "the stack of dev in 111122223333, us-east-1, CURRENT" in told.out
