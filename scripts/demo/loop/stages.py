# SPDX-License-Identifier: Apache-2.0
"""The loop in the accounts of dev, staging and prod: the model is watched in prod, and trained on its request's data.

What a monitor merges in the account of a stage stays there, so whoever collects training data adds to its folder.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from mlops_orchestrator.client import approvals
from mlops_orchestrator.client.approvals import Decision
from scripts.demo import demo_steps
from scripts.demo.demo_captures import Captures
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_story import DemoError, Story
from scripts.demo.loop import harbour, orders, single, steps
from scripts.demo.loop.orders import Names
from scripts.demo.loop.steps import AFTER, BEFORE, DURING, Loop
from scripts.demo.loop.timeline import PERSON, WORLD
from scripts.demo.loop.traffic import Traffic
from scripts.launch.launch import Launching
from scripts.launch.local_stack import deployed

_PROD: Final = "prod"
_SHIPS: Final = {BEFORE: 200, DURING: 300, AFTER: 200}
_SEEDS: Final = {BEFORE: 3, DURING: 4, AFTER: 5}
_COLLECTED: Final = 1_000
_SEED_OF_COLLECTED: Final = 6
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_OF_THE_SCHEDULE: Final = ("scheduled_time", "start_time_offset", "end_time_offset")


def run(story: Story) -> None:
    """Run the whole demo. Raise DemoError, and the errors of its steps."""
    story.chapter("Launch: a local AWS with four accounts; the solution is deployed with automatic retraining")
    with deployed(Launching("multi-account", parameters=single.OPTIONS), story) as deployment:
        names = Names(group=deployment.outputs["ModelRegistryArn"].rpartition("/")[2])
        _close(Loop(deployment, story, Notifications(deployment), names))
    story.say("next: docs/closed-loop.md tells what is different in several accounts")


def _close(loop: Loop) -> None:
    story, names = loop.story, loop.names
    prod, buckets = loop.deployment.in_account(loop.deployment.accounts[_PROD]), _buckets(loop)
    story.chapter("What a person does once: three requests, and the first approvals")
    training, version = single.train(loop)
    captured = {stage: f"{bucket}/{names.captured}" for stage, bucket in buckets.items()}
    serving = _provision(loop, orders.serving(names, version, captured))
    loop.baseline(version)
    _provision(loop, orders.monitoring(names, buckets, training, data="request"))
    traffic = Traffic(prod, names.endpoint, Captures(prod, buckets[_PROD], names.captured), names.truth)

    story.chapter("Calm days in prod: the model is as good as it was tested")
    _phase(loop, traffic, BEFORE)
    story.chapter("The world changes: a storm, as no ship of the training data has met it")
    collected = harbour.ships(_COLLECTED, harbour.STORM, _SEED_OF_COLLECTED)
    for folder in (names.training, names.validation):
        loop.put(f"{folder}/storm.csv", harbour.as_lines(collected[folder == names.validation :: 2]))
    loop.timeline.add(WORLD, f"a storm; {_COLLECTED:,} ships of it are added to the training data")
    _phase(loop, traffic, DURING)
    story.mail(*steps.until(lambda: loop.told("MLOps model quality monitor found"), "nobody was told"))

    story.chapter("By itself: a training on the request's data, a comparison with the deployed version")
    newer = loop.registered()
    story.chapter("A person decides once more: the new version is approved, and each stage")
    loop.approve(newer)
    story.mail(*steps.until(lambda: loop.told("MLOps deploying version"), f"nothing has deployed {newer}"))
    _through_stages(loop, serving)
    story.chapter("The storm goes on: the quality is back in prod")
    _phase(loop, traffic, AFTER)
    loop.timeline.take(loop.automation(serving).get("steps", []))
    story.chapter("What happened, and by whom")
    loop.end(f"{names.endpoint} in prod", version, newer)


def _buckets(loop: Loop) -> dict[str, str]:
    """Make a bucket in each account: endpoints and monitors write nothing into the bucket of another one."""
    found = {}
    for stage, account in loop.deployment.accounts.items():
        found[stage] = f"{loop.names.model}-{account}"
        loop.deployment.in_account(account).client("s3").create_bucket(Bucket=found[stage])
    return found


def _provision(loop: Loop, request: Mapping[str, Any]) -> str:
    pipeline_id = demo_steps.provision(request, loop.deployment, loop.story)
    _through_stages(loop, pipeline_id)
    loop.timeline.add(PERSON, f"sends the request of {request['pipeline_type']}, and approves it for each stage")
    return pipeline_id


def _through_stages(loop: Loop, pipeline_id: str) -> None:
    """Approve stage by stage, until the last one is deployed."""

    def state() -> PipelineStatus:
        return demo_steps.status(pipeline_id, loop.deployment)

    for stage in list(loop.deployment.accounts)[1:]:

        def asked(stage: str = stage) -> bool:
            return stage in [approval.target for approval in state().waiting]

        steps.until(asked, f"{stage} is not asked for")
        decision = Decision(stage, "the stage before is well", is_approval=True)
        approvals.decide(loop.deployment.aws.client("codepipeline"), state, decision)
        loop.person(f"approves {stage}")
    details = loop.deployment.api.details
    steps.until(lambda: details(pipeline_id).body["state"] == "Succeeded", "the last stage is not deployed")


def _phase(loop: Loop, traffic: Traffic, name: str) -> None:
    wind = harbour.CALM if name == BEFORE else harbour.STORM
    phase = traffic.send(harbour.ships(_SHIPS[name], wind, _SEEDS[name]), loop.story)
    message = _looked(traffic.aws, loop.names.endpoint, phase.start.strftime(_TIME), phase.end.strftime(_TIME))
    loop.story.say(f"monitor: {message}")
    is_quiet = message.startswith("Completed: ")
    if is_quiet == (name == DURING):
        raise DemoError(f"the monitor should {'find something' if name == DURING else 'be quiet'}: {message}")
    said = "quiet" if is_quiet else message.partition(". ")[2]
    loop.timeline.add(WORLD, f"{_SHIPS[name]} ships; the model is {phase.error:.2f} hours off")
    loop.phases[name] = phase, said


def _looked(aws: Aws, endpoint: str, start: str, end: str) -> str:
    """Start a run in the account of a stage as the orchestrator's answer says it, and return its message."""
    scheduler, sagemaker = aws.client("scheduler"), aws.client("sagemaker")
    (schedule,) = scheduler.list_schedules(NamePrefix=f"{endpoint}-modelquality-")["Schedules"]
    declared = json.loads(scheduler.get_schedule(Name=schedule["Name"])["Target"]["Input"])
    name = declared["ProcessingJobName"].rpartition("<")[0] + uuid.uuid4().hex
    kept = {key: value for key, value in declared["Environment"].items() if key not in _OF_THE_SCHEDULE}
    environment = {**kept, "start_time": start, "end_time": end, "run_id": uuid.uuid4().hex}
    sagemaker.create_processing_job(**{**declared, "ProcessingJobName": name, "Environment": environment})

    def ended() -> dict[str, Any] | None:
        job = sagemaker.describe_processing_job(ProcessingJobName=name)
        return dict(job) if job["ProcessingJobStatus"] in {"Completed", "Failed", "Stopped"} else None

    job = steps.until(ended, f"the run {name} has not ended")
    if job["ProcessingJobStatus"] != "Completed":
        raise DemoError(f"the run {name}: {job.get('FailureReason', '')}")
    return str(job["ExitMessage"])
