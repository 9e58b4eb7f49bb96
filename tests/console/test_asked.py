# SPDX-License-Identifier: Apache-2.0
"""Lists that are narrowed further than the API narrows them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from mlops_orchestrator.aws.api_client import Answer
from scripts.console import asked
from scripts.console.asked import HERE, Wanted

STAGED = ("Source", "DeployDev", "DeployStaging", "DeployProd")


def pipeline(number: int = 0, state: str = "Succeeded", reached: int = 2, stages: tuple[str, ...] = STAGED) -> Any:
    told = [{"name": name, "status": "Succeeded" if at < reached else None} for at, name in enumerate(stages)]
    name = f"mlops-pipeline-m{number}-realtime-codepipeline"
    return {"model_name": f"m{number}", "short_name": "", "pipeline_stack_name": name, "state": state, "stages": told}


class Pages:
    """API with this many pages of fifty, each with one pipeline that failed."""

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, 0

    def list(self, limit: int, **query: str) -> Answer:
        self.asked += 1
        number = int(query["next"] or 0)
        states = ["Failed", *["Succeeded"] * (limit - 1)]
        body = {"pipelines": [pipeline(number * limit + at, state) for at, state in enumerate(states)]}
        following = {"next": str(number + 1)} if number + 1 < self.count else {}
        return Answer(HTTPStatus.OK, {**body, **following})


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    made = Pages(10)
    monkeypatch.setattr(asked, "api", lambda: made)
    return made


def test_what_is_not_narrowed_takes_one_page(pages: Pages) -> None:
    found = asked.listed(Wanted())
    assert (len(found.pipelines), found.following, found.pages, pages.asked) == (50, "1", 1, 1)


def test_a_state_is_looked_for_on_all_pages(pages: Pages) -> None:
    found = asked.listed(Wanted(state="Failed"))
    assert (len(found.pipelines), found.following, found.pages) == (10, "", 10)
    assert {one["state"] for one in found.pipelines} == {"Failed"}


def test_what_is_full_goes_on_behind(pages: Pages) -> None:
    first = asked.listed(Wanted(state="Succeeded"))
    second = asked.listed(Wanted(state="Succeeded"), first.following)
    assert (len(first.pipelines), first.following, second.following) == (98, "2", "4")
    assert not {one["model_name"] for one in first.pipelines} & {one["model_name"] for one in second.pipelines}


@pytest.mark.parametrize(
    ("wanted", "is_taken"),
    [
        (Wanted(search="M7"), True),
        (Wanted(search="real"), True),
        (Wanted(search="batch"), False),
        (Wanted(place="dev"), True),
        (Wanted(place="staging"), False),
        (Wanted(place=HERE), False),
        (Wanted(search="m7", state="Failed"), False),
    ],
    ids=str,
)
def test_names_places_and_states_narrow(wanted: Wanted, is_taken: bool) -> None:
    assert wanted.takes(pipeline(7)) is is_taken


def test_one_stage_is_this_account() -> None:
    assert asked.places(pipeline(stages=("Source", "DeployPipeline"))) == [HERE]
