# SPDX-License-Identifier: Apache-2.0
"""`mlops open`: addresses in the console of each partition."""

from __future__ import annotations

import webbrowser
from typing import Any

import pytest

from scripts.cli.everyday import opening
from scripts.cli.output import Output
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator


def test_the_local_aws_has_no_console(local: Running, orchestrator: Orchestrator, mlops: Mlops) -> None:
    orchestrator.provisioned(orchestrator.request("opened"))
    ended = mlops("open", "opened", "--local")
    assert ended.status == 1
    assert "the local AWS has no console: " in ended.err


class TestOnAws:
    @pytest.fixture(autouse=True)
    def _as_on_aws(self, local: Running, orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(opening, "has_console", lambda _: True)
        orchestrator.provisioned(orchestrator.request("opened"))

    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        addresses: list[str] = []
        monkeypatch.setattr(webbrowser, "open", addresses.append)
        return addresses

    def test_pipeline_stack_and_endpoint_are_printed(
        self, orchestrator: Orchestrator, mlops: Mlops, opened: list[str]
    ) -> None:
        stack = orchestrator.stack("mlops-pipeline-opened-byompipelinerealtimebuiltin")
        name = orchestrator.outputs(stack["StackName"])["SageMakerEndpointName"]
        (links,) = mlops("open", "opened", "--local", "--json").documents
        console = "https://console.aws.amazon.com"
        assert list(links) == ["pipeline", "stack", "pipeline's stack", "endpoint"]
        assert links["pipeline"].startswith(f"{console}/codesuite/codepipeline/pipelines/mlops-pipeline-opened")
        assert links["endpoint"] == f"{console}/sagemaker/home?region=us-east-1#/endpoints/{name}"
        assert links["stack"].startswith(f"{console}/cloudformation/home?region=us-east-1#/stacks/events?stackId=arn")
        printed = mlops("open", "opened", "--local").out
        assert [address for address in links.values() if address not in printed] == []
        assert opened == [], "a file is no terminal"

    @pytest.mark.parametrize("options", [(), ("--print",)], ids=["opened", "printed"])
    def test_a_terminal_opens_the_first(
        self, mlops: Mlops, opened: list[str], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
    ) -> None:
        monkeypatch.setattr(Output, "is_live", True)
        ended = mlops("open", "opened", "--local", *options)
        assert ended.status == 0
        assert [address.rsplit("/", 1)[0] for address in opened] == [
            each.rsplit("/", 1)[0] for each in _first(ended.out) if not options
        ]


def _first(out: str) -> list[Any]:
    return [line.removeprefix("pipeline: ") for line in out.splitlines() if line.startswith("pipeline: ")]
