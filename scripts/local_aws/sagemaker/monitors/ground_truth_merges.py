# SPDX-License-Identifier: Apache-2.0
"""Merge of captures with ground truth, which SageMaker does in a job of its own before a run that needs it.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.local_aws import clients
from scripts.local_aws.sagemaker.jobs.job_data import encryption, input_keys
from scripts.local_aws.sagemaker.monitors.monitor_requests import Run
from scripts.local_aws.serving.artifacts import split_s3_uri

Record = dict[str, Any]


def merge(run: Run, captured: Mapping[str, str], region: str) -> dict[str, str]:
    """Write captures by hour with the ground truth of these hours; return the folders that have some, by hour.

    Every call is made as the role of the definition. Raises ClientError.
    """
    folder, merged = _Folder(run.definition.request["RoleArn"], region), {}
    truth = run.definition.part("JobInput")["GroundTruthS3Input"]["S3Uri"].rstrip("/")
    labels = {_id(one): one["groundTruthData"] for hour in captured for one in folder.records(f"{truth}/{hour}")}
    for hour, uri in captured.items():
        records = [one | {"groundTruthData": labels[_id(one)]} for one in folder.records(uri) if _id(one) in labels]
        if records:
            merged[hour] = run.merged[hour]
            key = run.definition.part("JobOutputConfig").get("KmsKeyId")
            folder.write(f"{run.merged[hour]}/{run.schedule}.jsonl", records, key)
    return merged


def _id(record: Record) -> str:
    event = record["eventMetadata"]
    return str(event.get("inferenceId") or event["eventId"])


class _Folder:
    """Records in S3, read and written as a role."""

    def __init__(self, role_arn: str, region: str) -> None:
        self._role, self._region = role_arn, region
        self._s3: Any = clients.client("s3", role_arn, region, by="sagemaker.amazonaws.com")

    def records(self, uri: str) -> Iterator[Record]:
        """Yield the JSON Lines of the objects below a folder."""
        bucket, _ = split_s3_uri(uri)
        for key in input_keys(f"{uri}/", self._role, self._region):
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            yield from (json.loads(line) for line in body.splitlines() if line.strip())

    def write(self, uri: str, records: list[Record], key_id: str | None) -> None:
        """Write an object of JSON Lines."""
        bucket, key = split_s3_uri(uri)
        lines = "".join(f"{json.dumps(record)}\n" for record in records)
        self._s3.put_object(Bucket=bucket, Key=key, Body=lines.encode(), **encryption(key_id))
