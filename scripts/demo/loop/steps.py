# SPDX-License-Identifier: Apache-2.0
"""Steps of the loop's demo that both of its stories have: versions, waiting for what happens by itself, the end."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from mlops_orchestrator.client.pipelines import Pipeline
from scripts.demo import demo_model
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_story import DemoError, Story
from scripts.demo.loop import harbour, report
from scripts.demo.loop.orders import PREDICTED, Names
from scripts.demo.loop.timeline import MESSAGE, PERSON, Timeline
from scripts.demo.loop.traffic import Phase
from scripts.launch.local_deployment import LocalDeployment

_REGISTERED: Final = re.compile(r"registered as (\S+), approval status (\w+)\.")
_OF_EACH_PIPELINE: Final = ("MLOps pipeline SUCCEEDED", "MLOps stage", "APPROVAL NEEDED")
"""Beginnings of subjects that tell nothing of the loop."""
_LONGEST_WAIT_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.3
_LEARNED: Final = 2_000
_TESTED: Final = 400
_SEED_OF_LEARNED: Final = 1
_SEED_OF_TESTED: Final = 2
BEFORE, DURING, AFTER = "before", "during", "after"
Value = TypeVar("Value")


@dataclass
class Loop:
    """The demo under way."""

    deployment: LocalDeployment
    story: Story
    notifications: Notifications
    names: Names
    timeline: Timeline = field(default_factory=Timeline)
    phases: dict[str, tuple[Phase, str]] = field(default_factory=dict)
    _inbox: list[tuple[str, str]] = field(default_factory=list)

    @property
    def bucket(self) -> str:
        """The assets bucket."""
        return self.deployment.outputs["AssetsBucketName"]

    def put(self, key: str, content: bytes) -> None:
        """Upload into the assets bucket."""
        self.deployment.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def person(self, what: str) -> None:
        """Tell what a person does."""
        self.timeline.add(PERSON, what)
        self.story.say(what)

    def pipeline(self, pipeline_id: str) -> Pipeline:
        """Return a pipeline, as the Python client has it."""
        return Pipeline(self.deployment.api, {"pipeline_id": pipeline_id})

    def automation(self, pipeline_id: str) -> Mapping[str, Any]:
        """Return what the API tells of the automatic steps of a pipeline."""
        return self.deployment.api.details(pipeline_id).body.get("automation") or {}

    def registered(self) -> str:
        """Wait until people are told that a model was registered; return its version, which waits for their approval.

        Raises DemoError if it does not, because its gate has not held.
        """
        version, status = until(self._registered, "no model was registered")
        if status != "PendingManualApproval":
            raise DemoError(f"the version {version} should wait for approval, and is {status}")
        return version

    def _registered(self) -> tuple[str, str] | None:
        told = self.told("MLOps training job", "MLOps retraining", "MLOps model")
        if told is None:
            return None
        self.story.mail(*told)
        found = _REGISTERED.search(told[1])
        return None if found is None else (found[1], found[2])

    def told(self, *subjects: str) -> tuple[str, str] | None:
        """Return the first message, of those that came since the last one returned, whose subject begins so."""
        self._inbox += self.notifications.received(at_least=0 if self._inbox else 1)
        while self._inbox:
            subject, text = self._inbox.pop(0)
            if self.names.model not in f"{subject} {text}":
                continue
            if not subject.startswith(_OF_EACH_PIPELINE):
                self.timeline.add(MESSAGE, subject)
            if subject.startswith(subjects):
                return subject, text
            self.story.say(f"mail: {subject}")
        return None

    def approve(self, version: str) -> None:
        """Decide as a person does in SageMaker's registry."""
        sagemaker = self.deployment.aws.client("sagemaker")
        sagemaker.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
        self.person(f"approves version {version.rpartition('/')[2]} in the model registry")

    def baseline(self, version: str) -> None:
        """Upload what a version says of ships that it was not trained with: the baseline of the monitor."""
        package = self.deployment.aws.client("sagemaker").describe_model_package(ModelPackageName=version)
        address = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        bucket, _, key = address.removeprefix("s3://").partition("/")
        artifact = self.deployment.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        tested = harbour.ships(_TESTED, harbour.CALM, _SEED_OF_TESTED)
        predicted = demo_model.predicted(demo_model.unpacked(artifact), tested[:, 1:])
        header = (harbour.LABEL, *harbour.FEATURES, PREDICTED)
        self.put(self.names.baseline, harbour.as_lines(harbour.beside(tested, predicted), header))

    def end(self, endpoint: str, version: str, newer: str) -> None:
        """Check that the quality is back; show the timeline, and keep the report. Raise DemoError if it is not."""
        errors = {name: phase.error for name, (phase, _) in self.phases.items()}
        self.story.table(("when", "who", "what"), [event.cells for event in self.timeline])
        numbers = (arn.rpartition("/")[2] for arn in (version, newer))
        facts = dict(zip(("endpoint", "version before", "version after"), (endpoint, *numbers), strict=True))
        path = Path(tempfile.mkdtemp(prefix="mlops-demo-loop-")) / "report.html"
        path.write_text(report.html(self.phases, self.timeline, facts), encoding="utf-8")
        self.story.say(f"error: {', '.join(f'{value:.2f} hours {name}' for name, value in errors.items())}")
        self.story.say(f"report: {path}")
        if not errors[BEFORE] * 2 < errors[DURING] or errors[AFTER] * 2 > errors[DURING]:
            raise DemoError(f"the error should rise and fall again, and was {errors}")


def upload_history(loop: Loop) -> None:
    """Upload what the first version learns from: calm days alone."""
    parts = ((loop.names.training, _LEARNED, _SEED_OF_LEARNED), (loop.names.validation, _TESTED, _SEED_OF_TESTED))
    for folder, count, seed in parts:
        loop.put(f"{folder}/calm.csv", harbour.as_lines(harbour.ships(count, harbour.CALM, seed)))
        loop.story.say(f"s3://{loop.bucket}/{folder}/: {count:,} ships of calm days")


def until(look: Callable[[], Value | None], otherwise: str) -> Value:
    """Wait until there is something. Raise DemoError after three minutes."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise DemoError(f"{otherwise} within {_LONGEST_WAIT_SECONDS:.0f} s")
        threading.Event().wait(_POLL_SECONDS)
    return found
