# SPDX-License-Identifier: Apache-2.0
"""Requests and events that arrive at once, in orders of their AWS calls that a seed decides: the outcome is that of one
after another.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable

import pytest

from tests.faults.conftest import Laboratory
from tests.faults.invoking import Event, Invocation, Outcome, StageJob
from tests.faults.scenarios import DEPLOYED, SCENARIOS, realtime, uploaded
from tests.faults.turns import Turns
from tests.faults.world import World

_SEEDS = range(3)
_PIPELINE = f"{DEPLOYED}-codepipeline"
_NAMED = {scenario.name: scenario for scenario in SCENARIOS}


def at_once(laboratory: Laboratory, seed: int, work: list[Callable[[], Outcome]]) -> list[Outcome]:
    """Do all of it at once."""
    outcomes = Turns(laboratory.wire, seed).run(work)
    assert all(outcome.is_as_designed for outcome in outcomes), outcomes
    return outcomes


def statuses(outcomes: list[Outcome]) -> set[int]:
    return {outcome.told[0] for outcome in outcomes}


@pytest.mark.sampled(1, of="name")
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize(
    "name",
    [
        "provision a new pipeline",
        "provision a changed request",
        "provision after an upgrade",
        "provision an image builder",
    ],
)
def test_the_same_request_ten_times(laboratory: Laboratory, name: str, seed: int) -> None:
    """One pipeline, one package, no execution too many; who gets a 409 repeats it and then has the 200."""
    calm = laboratory.calm(_NAMED[name])
    with laboratory.arranged(_NAMED[name]) as (world, call):
        outcomes = at_once(laboratory, seed, [lambda: call.once(world)] * 10)
        assert statuses(outcomes) <= {200, 409}
        assert 200 in statuses(outcomes)
        world.settle()
        status, body = call.once(world).told
        assert (status, "No updates" in body["message"]) == (200, True)
        world.settle()
        assert world.snapshot() == calm.state


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", _SEEDS)
def test_ten_requests(laboratory: Laboratory, seed: int) -> None:
    with laboratory.arranged(_NAMED["provision a new pipeline"]) as (world, _):
        calls = [realtime(model_name=f"berth-{number}", endpoint_name=f"berth-{number}") for number in range(10)]
        outcomes = at_once(laboratory, seed, [_once(call, world) for call in calls])
        assert statuses(outcomes) == {200}
        world.settle()
        state = world.snapshot()
        assert len(state["stacks"]) == 10
        assert [len(executions) for executions in state["executions"].values()] == [1] * 10


def _once(invocation: Invocation, world: World) -> Callable[[], Outcome]:
    return lambda: invocation.once(world)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", _SEEDS)
def test_an_event_three_times(laboratory: Laboratory, seed: int) -> None:
    """Each delivery is an invocation of its own."""
    for name in ("configuration: several requests", "a job has ended: its model is rejected", "a pipeline has failed"):
        calm = laboratory.calm(_NAMED[name])
        with laboratory.arranged(_NAMED[name]) as (world, event):
            assert isinstance(event, Event)
            at_once(laboratory, seed, [_delivered(event, world, each) for each in ("one", "two", "three")])
            world.settle()
            assert world.snapshot() == calm.state


def _delivered(event: Event, world: World, invocation: str) -> Callable[[], Outcome]:
    return lambda: event.once(world, invocation)


@pytest.mark.sampled(1, of="newest_first")
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_two_versions_of_a_configuration(laboratory: Laboratory, seed: int, *, newest_first: bool) -> None:
    """Whichever is delivered first, each three times at once: the newest version is what is there at the end."""
    with laboratory.arranged(_NAMED["configuration: one request"]) as (world, older):
        assert isinstance(older, Event)
        newer = uploaded(world, realtime(inference_instance="ml.m5.xlarge").body, sequencer="00617F08299329D190")
        for event in (newer, older) if newest_first else (older, newer):
            name = event.event["detail"]["object"]["sequencer"]
            at_once(laboratory, seed, [_delivered(event, world, f"{name}-{number}") for number in range(3)])
            world.settle()
        (found,) = world.snapshot()["executions"].values()
        assert len(found) == (1 if newest_first else 2)
        assert _instance(world) == "ml.m5.xlarge"


def _instance(world: World) -> str:
    """The instance that is in the package."""
    package = world.content(f"provisioned/{DEPLOYED}/template.zip")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return str(json.loads(archive.read("template_params.json"))["Parameters"]["InferenceInstance"])


@pytest.mark.sampled(1, of="name")
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS if scenario.name.startswith("stage")])
def test_a_stage_job_twice(laboratory: Laboratory, name: str, seed: int) -> None:
    calm = laboratory.calm(_NAMED[name])
    with laboratory.arranged(_NAMED[name]) as (world, job):
        assert isinstance(job, StageJob)
        again = StageJob(copy.deepcopy(job.event))
        at_once(laboratory, seed, [_once(job, world), _once(again, world)])
        assert len(world.pipelines.answers) == 1
        told = world.pipelines.answers[0][1]
        world.pipelines.answers.clear()
        job.event["CodePipeline.job"]["data"]["continuationToken"] = told["continuationToken"]
        world.settle()
        job.until_it_ends(world)
        assert world.snapshot() == calm.state


@pytest.mark.sampled(1, of="name")
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("name", ["delete: the request", "delete with stages: the request"])
def test_a_deletion_ten_times(laboratory: Laboratory, name: str, seed: int) -> None:
    calm = laboratory.calm(_NAMED[name])
    with laboratory.arranged(_NAMED[name]) as (world, call):
        outcomes = at_once(laboratory, seed, [lambda: call.once(world)] * 10)
        assert statuses(outcomes) == {202}
        _NAMED[name].follow(world)
        assert world.snapshot() == calm.state
