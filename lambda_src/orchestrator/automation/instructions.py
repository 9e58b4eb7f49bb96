# SPDX-License-Identifier: Apache-2.0
"""`retrain` of a monitor: one declaration for the request, the stored file and its reader.

The file lies beside the monitor's package, under a digest of its content. The key of the open engine, which is an input
of each run's job, has the same digest: whoever hears of a run in any account knows whether there are instructions, and
where. What is left out has its default in the file.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from orchestrator.aws.s3 import documents
from orchestrator.plan import layout
from orchestrator.values.common import NUMBER, Expect

_DIGEST_CHARACTERS: Final = 32
_BEGINNING: Final = "retrain-"
"""Of the engine's folder, before the digest."""
_ENGINE: Final = re.compile(
    rf"(?:s3://[^/]+/)?{layout.ROOT}(?P<pipeline>[a-zA-Z0-9-]+)/{layout.ENGINE}"
    rf"{_BEGINNING}(?P<digest>[0-9a-f]{{{_DIGEST_CHARACTERS}}})/.+"
)

CheckName = Literal[
    "data_type_check",
    "completeness_check",
    "missing_column_check",
    "extra_column_check",
    "categorical_values_check",
    "baseline_drift_check",
    "LessThanThreshold",
    "GreaterThanThreshold",
    "bias_drift_check",
    "feature_attribution_drift_check",
]
"""What the open engine calls its checks in `constraint_violations.json`."""

Check = Annotated[
    CheckName, Expect("the name of a check of the open engine as a report has it", example="baseline_drift_check")
]

TrainingPipelineName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        pattern=r"^([a-zA-Z0-9-]{1,128}(/[a-zA-Z0-9_-]{1,64})?"
        r"|arn:[a-z0-9-]+:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[a-zA-Z0-9-]{1,128}/[a-f0-9-]+)$",
    ),
    Expect("the id or the name of a training pipeline, or the name of its model", example="churn/training"),
]


Cooldown = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(pattern=r"^[1-9][0-9]{0,2} (hour|day)s?$"),
    Expect("a number of hours or days, 999 at most", example="12 hours"),
]

Data = Annotated[Literal["request", "merged"], Expect("request or merged")]
MostPerWeek = Annotated[int, Field(ge=1, le=50), NUMBER, Expect("a whole number, 1 to 50")]
Rows = Annotated[int, Field(ge=1, le=1_000_000_000), NUMBER, Expect("a whole number of rows, 1 to 1000000000")]
Share = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False), NUMBER, Expect("a number from 0 to 0.5")]
Days = Annotated[int, Field(ge=1, le=365), NUMBER, Expect("a whole number of days, 1 to 365")]


class Retrain(BaseModel):
    """When a monitor has a training pipeline run, and on what it trains."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    pipeline: Annotated[
        TrainingPipelineName,
        Field(description="id or name of the training pipeline that runs, or the name of its model"),
    ]
    on: Annotated[
        list[Check],
        Field(
            max_length=10,
            description="checks whose violations count, by their names in reports, such as baseline_drift_check; any "
            "violation when left out",
        ),
    ] = []
    cooldown: Annotated[
        Cooldown, Field(description="the time in which nothing is started after the start of a retraining")
    ] = "1 day"
    max_per_week: Annotated[MostPerWeek, Field(description="the most retrainings that start within seven days")] = 2
    data: Annotated[
        Data,
        Field(
            description="what is trained on: request is the data of the training pipeline's own request, merged what "
            "the monitor has merged with ground truth, for monitors that have it"
        ),
    ] = "request"
    minimum_rows: Annotated[
        Rows, Field(description="rows of merged data without which nothing starts, for merged data")
    ] = 500
    validation_share: Annotated[
        Share, Field(description="share of merged data that is kept for the validation, for merged data")
    ] = 0.2
    days: Annotated[Days, Field(description="how many days back merged data reaches, for merged data")] = 30

    @property
    def cooldown_time(self) -> timedelta:
        """The cooldown as a time."""
        count, unit = self.cooldown.split()
        return timedelta(days=int(count)) if unit.startswith("day") else timedelta(hours=int(count))

    def as_json(self) -> bytes:
        """Return the file's content; equal instructions have equal content."""
        return json.dumps(self.model_dump(mode="json"), indent=4, sort_keys=True).encode()

    @property
    def digest(self) -> str:
        """Digest of the content, as keys have it."""
        return hashlib.sha256(self.as_json()).hexdigest()[:_DIGEST_CHARACTERS]

    def key(self, common_name: str) -> str:
        """Return the key of the file of a monitor in the pipelines bucket."""
        return _key(common_name, self.digest)

    @property
    def engine_folder(self) -> str:
        """Return the folder of the engine's archives that tells of the instructions, with a slash at its end."""
        return f"{_BEGINNING}{self.digest}/"


@dataclass(frozen=True)
class Told:
    """What the place of the engine that a run's job gets tells of the run's monitor."""

    common_name: str
    """Of the monitor's pipeline."""
    key: str
    """Of its instructions to retrain, as the run was started with them."""


def told_by_engine(uri: str) -> Told | None:
    """Return what an input of a run's job tells, if it is the engine of a monitor with `retrain`; no call is made."""
    found = _ENGINE.fullmatch(uri)
    return None if found is None else Told(found["pipeline"], _key(found["pipeline"], found["digest"]))


def read(bucket: str, key: str) -> Retrain | None:
    """Return stored instructions; `None` when they are gone, because the pipeline is."""
    return documents.find(Retrain, bucket, key)


def _key(common_name: str, digest: str) -> str:
    return f"{layout.folder(common_name)}{layout.RETRAIN}{digest}.json"
