# SPDX-License-Identifier: Apache-2.0
"""The loop in one account, trained on what the monitor has merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from scripts.demo import demo_steps
from scripts.demo.demo_captures import Captures
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_steps import Watcher
from scripts.demo.demo_story import DemoError, Story
from scripts.demo.loop import harbour, orders, steps
from scripts.demo.loop.orders import Names
from scripts.demo.loop.steps import AFTER, BEFORE, DURING, Loop
from scripts.demo.loop.timeline import PERSON, WORLD
from scripts.demo.loop.traffic import Phase, Traffic
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_stack import deployed

OPTIONS: Final = {
    EMAIL_PARAMETER: "you@example.com",
    "UseModelRegistry": "Yes",
    "CreateModelRegistry": "Yes",
    "AutomaticRetraining": "Yes",
}
_CALM_SHIPS, _STORM_SHIPS, _LATER_SHIPS = 200, 500, 200
_SEEDS: Final = (3, 4, 5)


def run(story: Story) -> None:
    """Run the whole demo. Raise DemoError, and the errors of its steps."""
    story.chapter("Launch: the local AWS starts, the solution is deployed with automatic retraining")
    with deployed(Launching(parameters=OPTIONS), story) as deployment:
        names = Names(group=deployment.outputs["ModelRegistryArn"].rpartition("/")[2])
        close(Loop(deployment, story, Notifications(deployment), names))
    story.say("next: docs/closed-loop.md tells how to have it for your own model, and which brakes there are")


def close(loop: Loop) -> None:
    """Tell the story on a deployed orchestrator. Raise DemoError if the quality does not fall and rise again."""
    story, names, aws = loop.story, loop.names, loop.deployment.aws
    story.chapter("What a person does once: three requests, and the first approval")
    training, version = train(loop)
    serving = _provision(loop, orders.serving(names, version, f"{loop.bucket}/{names.captured}"))
    monitor = _watch(loop, training, version)
    traffic = Traffic(aws, names.endpoint, Captures(aws, loop.bucket, names.captured), names.truth)

    story.chapter("Calm days: the model is as good as it was tested")
    _phase(loop, traffic, monitor, BEFORE, harbour.ships(_CALM_SHIPS, harbour.CALM, _SEEDS[0]))

    story.chapter("The world changes: a storm, as no ship of the training data has met it")
    loop.timeline.add(WORLD, "a storm: the wind is stronger than in all training data")
    _phase(loop, traffic, monitor, DURING, harbour.ships(_STORM_SHIPS, harbour.STORM, _SEEDS[1]))
    story.mail(*steps.until(lambda: loop.told("MLOps model quality monitor found"), "nobody was told"))

    story.chapter("By itself: fresh data with its truth, a training, a comparison with the deployed version")
    newer = loop.registered()

    story.chapter("A person decides once more: the new version is approved")
    loop.approve(newer)
    story.chapter("By itself: the approved version is deployed")
    story.mail(*steps.until(lambda: loop.told("MLOps deploying version"), f"nothing has deployed {newer}"))
    steps.until(lambda: _serves(loop, serving, newer), f"{names.endpoint} does not serve {newer}")

    story.chapter("The storm goes on: the quality is back")
    _phase(loop, traffic, monitor, AFTER, harbour.ships(_LATER_SHIPS, harbour.STORM, _SEEDS[2]))
    for pipeline_id in (monitor, serving):
        loop.timeline.take(loop.automation(pipeline_id).get("steps", []))
    story.chapter("What happened, and by whom")
    loop.end(names.endpoint, version, newer)


def train(loop: Loop) -> tuple[str, str]:
    """Train the first version, and approve it; return the pipeline and the version."""
    steps.upload_history(loop)
    training = _provision(loop, orders.training(loop.names))
    version = loop.registered()
    loop.approve(version)
    return training, version


def _watch(loop: Loop, training: str, version: str) -> str:
    loop.baseline(version)
    return _provision(loop, orders.monitoring(loop.names, loop.bucket, training, data="merged", minimum_rows=300))


def _provision(loop: Loop, request: Mapping[str, Any]) -> str:
    pipeline_id = demo_steps.provision(request, loop.deployment, loop.story)
    Watcher(pipeline_id, loop.deployment, loop.story).watch()
    loop.timeline.add(PERSON, f"sends the request of {request['pipeline_type']}")
    return pipeline_id


def _phase(loop: Loop, traffic: Traffic, monitor: str, name: str, ships: harbour.Matrix) -> Phase:
    """Send ships, have the monitor look at them, and keep what it says."""
    phase = traffic.send(ships, loop.story)
    ended = loop.pipeline(monitor).run_monitor(phase.start, phase.end).wait()
    said = f"{len(ended.violations)} violations" if ended.violations else "quiet"
    loop.story.say(f"monitor: {ended.message}")
    loop.timeline.add(WORLD, f"{len(ships)} ships; the model is {phase.error:.2f} hours off, the monitor: {said}")
    loop.phases[name] = phase, said
    if bool(ended.violations) != (name == DURING):
        raise DemoError(f"the monitor should {'find something' if name == DURING else 'be quiet'}: {ended.message}")
    return phase


def _serves(loop: Loop, serving: str, version: str) -> bool:
    found = loop.deployment.api.details(serving).body
    return bool(found["model_package_arn"] == version and found["state"] == "Succeeded")
