# SPDX-License-Identifier: Apache-2.0
"""Demo of monitors on the local AWS: good traffic, shifted data, ground truth that contradicts.

Run by `make demo-monitor`.

    python -m scripts.demo.demo_monitor

Ends with exit status 0 only if the monitors are quiet about good traffic, and then name the feature that has shifted,
the quality that is lost and the group that is treated otherwise than before.
"""

from __future__ import annotations

from typing import Final

from scripts.demo import demo_monitoring, demo_steps, demo_story
from scripts.demo.demo_monitoring import Monitors, Run
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_steps import Watcher
from scripts.demo.demo_story import DemoError, Story
from scripts.demo.demo_traffic import Traffic
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import LocalDeployment
from scripts.launch.local_stack import deployed

_MODEL: Final = "breast-cancer"
_SHIFTED: Final = "worst_perimeter"
_GROUP: Final = "mean_texture"
_TIMES: Final = 2.0
_LEAST: Final = 20.0
_CALLED: Final = {"data_quality": "data quality", "model_quality": "model quality", "model_bias": "bias"}


def run(story: Story) -> None:
    """Run the whole demo. Raise DemoError, and the errors of its steps."""
    story.chapter("Launch: the local AWS starts, the solution is deployed")
    with deployed(Launching(parameters={EMAIL_PARAMETER: "you@example.com"}), story) as deployment:
        notifications = Notifications(deployment)
        story.chapter("Serve: a model behind an endpoint that captures its traffic")
        traffic = _served(deployment, story)

        story.chapter("Watch: monitors of data, quality and bias, each with a baseline")
        monitors = demo_monitoring.provision(traffic, _GROUP, _LEAST, story)

        story.chapter("Good traffic, and the labels that belong to it: nobody is disturbed")
        traffic.send(story)
        traffic.tell_truth(story)
        for kind in monitors.pipelines:
            _quiet(monitors.run(kind, story), kind)

        story.chapter(f"The traffic shifts: {_SHIFTED} comes {_TIMES:g} times as large")
        traffic.send(story, **{_SHIFTED: _TIMES})
        _found(monitors, "data_quality", _SHIFTED, notifications, story)

        story.chapter(f"Ground truth contradicts: every cell with {_GROUP} above {_LEAST:g} turns out to be malignant")
        traffic.tell_truth(story, **{_GROUP: _LEAST})
        _found(monitors, "model_quality", "accuracy", notifications, story)
        _found(monitors, "model_bias", _GROUP, notifications, story)
    story.chapter("Done: quiet about good traffic; each change found, named and told")
    story.say("next: docs/monitors.md tells which monitor answers which question")


def _served(deployment: LocalDeployment, story: Story) -> Traffic:
    model = demo_steps.train_and_upload(deployment, story)
    captured = demo_steps.captures(_MODEL, deployment)
    asked = demo_steps.request(_MODEL, "ml.m5.large", captured.location)
    pipeline_id = demo_steps.provision(asked, deployment, story)
    Watcher(pipeline_id, deployment, story).watch()
    endpoint = deployment.api.details(pipeline_id).body["endpoint"]["name"]
    return Traffic(model, captured, endpoint, deployment)


def _quiet(ended: Run, kind: str) -> None:
    if ended.violations:
        raise DemoError(f"the monitor of {kind} should be quiet and says: {ended.message}")


def _found(monitors: Monitors, kind: str, named: str, notifications: Notifications, story: Story) -> None:
    """Run a monitor; show what people are told, and keep the report. Raise DemoError if nobody is told of a name."""
    ended = monitors.run(kind, story)
    subject, text = notifications.first(f"MLOps {_CALLED[kind]} monitor found")
    if named not in text:
        raise DemoError(f"the message should name {named} and says: {text}")
    story.mail(subject, text)
    monitors.keep(kind, ended, story)


if __name__ == "__main__":
    raise SystemExit(demo_story.tell(run, globals()))
