# SPDX-License-Identifier: Apache-2.0
"""What to ask a model first: a row of the baseline of one of its monitors, as far as whoever runs the page may read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from mlops_orchestrator.aws.api_client import OrchestratorApi

_MONITOR: Final = "_monitor"
_STACK_OF_PIPELINE: Final = "-codepipeline"
_FIRST_BYTES: Final = 64 * 1024
_OF_OUTCOMES: Final = "BaselineGroundTruthAttribute"
"""Parameter of monitors whose baselines have what models answered, and nothing that they read."""


@dataclass(frozen=True)
class Payload:
    """A row to ask for, with the names of its values and where it is from; empty where nothing is known."""

    text: str = ""
    columns: tuple[str, ...] = ()
    source: str = ""


def prepared(api: OrchestratorApi, of_model: Iterable[Mapping[str, Any]]) -> Payload:
    """Return the first row of a baseline among a model's pipelines. Never fails: what cannot be read is not known."""
    return next(_rows(api, of_model), Payload())


def _rows(api: OrchestratorApi, of_model: Iterable[Mapping[str, Any]]) -> Iterator[Payload]:
    for monitor in (one for one in of_model if one["pipeline_type"].endswith(_MONITOR)):
        try:
            parameters = _parameters(api, monitor["pipeline_stack_name"].removesuffix(_STACK_OF_PIPELINE))
            if found := _row(api, parameters):
                yield found
        except (ClientError, BotoCoreError, UnicodeDecodeError, csv.Error):
            continue


def _parameters(api: OrchestratorApi, stack: str) -> dict[str, str]:
    (found,) = api.client.aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())}


def _row(api: OrchestratorApi, parameters: Mapping[str, str]) -> Payload | None:
    bucket, key = parameters.get("AssetsBucket", ""), parameters.get("BaselineData", "")
    if not bucket or not key or _OF_OUTCOMES in parameters:
        return None
    answer = api.client.aws.client("s3").get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_FIRST_BYTES - 1}")
    # The last character, and the last line, may be cut.
    text = answer["Body"].read().decode("utf-8-sig", errors="ignore")
    return of(text, f"s3://{bucket}/{key}")


def of(text: str, source: str) -> Payload | None:
    """Return the first record below a header without its first value, which is the label; `None` if there is none."""
    records = csv.reader(io.StringIO(text, newline=""))
    header, row = next(records, []), next(records, [])
    if not header[1:] or len(header) != len(row):
        return None
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(row[1:])
    return Payload(written.getvalue(), tuple(header[1:]), source)
