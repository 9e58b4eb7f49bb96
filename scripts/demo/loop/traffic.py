# SPDX-License-Identifier: Apache-2.0
"""Traffic of the loop's demo: ships that an endpoint is asked about, and what turned out to be true of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from mlops_orchestrator.aws.aws_access import Aws
from scripts.demo.demo_captures import Captures
from scripts.demo.demo_story import Story
from scripts.demo.loop import harbour
from scripts.demo.loop.harbour import Matrix

BATCH: Final = 10
"""Ships of one call, which make one point of the drawing."""


@dataclass(frozen=True)
class Phase:
    """Ships of some time."""

    start: datetime
    end: datetime
    """A window of full seconds that has these ships and no others."""
    points: tuple[float, ...]
    """Error of each batch of ships, in hours."""
    error: float
    """Of all of them."""


@dataclass
class Traffic:
    """An endpoint and those who ask it; the account is that of the endpoint."""

    aws: Aws
    endpoint: str
    captured: Captures
    truth: str
    """Folder of ground truth in the bucket of captures."""
    asked: int = field(default=0)

    def send(self, ships: Matrix, story: Story) -> Phase:
        """Ask about each ship, and tell what became of it. Wait until all is captured."""
        start, first, points, predicted = _full_second(), self.asked, [], []
        convoys = [ships[at : at + BATCH] for at in range(0, len(ships), BATCH)]
        for convoy in convoys:
            predicted += (found := self._ask(convoy[:, 1:]))
            points.append(harbour.error(convoy[:, 0].tolist(), found))
        self.captured.check(self.asked, story)
        self._tell(convoys, first)
        phase = Phase(start, _full_second(), tuple(points), harbour.error(ships[:, 0].tolist(), predicted))
        story.say(f"{len(ships)} ships; the answers of {self.endpoint} are {phase.error:.2f} hours off")
        return phase

    def _ask(self, features: Matrix) -> list[float]:
        answer = self.aws.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.endpoint,
            ContentType="text/csv",
            Body=harbour.as_lines(features),
            InferenceId=f"convoy-{self.asked}",
        )
        self.asked += 1
        return [float(number) for number in answer["Body"].read().split()]

    def _tell(self, convoys: Sequence[Matrix], first: int) -> None:
        """Upload the ground truth, a line for each call."""
        lines = [
            json.dumps(
                {
                    "groundTruthData": {"data": "\n".join(map(repr, convoy[:, 0].tolist())), "encoding": "CSV"},
                    "eventMetadata": {"eventId": f"convoy-{number}"},
                    "eventVersion": "0",
                }
            )
            for number, convoy in enumerate(convoys, first)
        ]
        key = f"{self.truth}/{datetime.now(UTC):%Y/%m/%d/%H}/from-convoy-{first}.jsonl"
        self.aws.client("s3").put_object(Bucket=self.captured.bucket, Key=key, Body="\n".join(lines).encode())


def _full_second() -> datetime:
    """Return the next full second, once it has come."""
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    threading.Event().wait((moment - datetime.now(UTC)).total_seconds())
    return moment
