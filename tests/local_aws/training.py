# SPDX-License-Identifier: Apache-2.0
"""What the tests of training and tuning share: the demo's data in two channels, and requests on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.demo import demo_model
from tests.local_aws.serving import BUCKET, IMAGE, ROLE

Table = npt.NDArray[np.float64]

STATIC = {"num_round": "20", "objective": "binary:logistic", "max_depth": "3", "seed": "7"}


def tables() -> dict[str, Table]:
    """The demo's data by channel, the label in the first column."""
    whole = np.loadtxt(demo_model.DATA, delimiter=",", skiprows=1)
    return {"train": whole[:400], "validation": whole[400:]}


def as_csv(table: Table) -> str:
    """Lines without a header."""
    return "\n".join(",".join(str(cell) for cell in row) for row in table.tolist())


def as_libsvm(table: Table) -> str:
    """The same values in the sparse form, columns from 0."""
    lines = (
        " ".join([str(row[0]), *(f"{column}:{cell}" for column, cell in enumerate(row[1:]))]) for row in table.tolist()
    )
    return "\n".join(lines)


def store_channels(s3: Any) -> None:
    """Make the bucket, with `csv/train/` and `csv/validation/`."""
    s3.create_bucket(Bucket=BUCKET)
    for name, table in tables().items():
        s3.put_object(Bucket=BUCKET, Key=f"csv/{name}/data.csv", Body=as_csv(table))


def channel(name: str, prefix: str, **more: Any) -> dict[str, Any]:
    """A channel of the product's request; `more` are further members."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "ContentType": "csv", **more}


def both_channels() -> list[dict[str, Any]]:
    """Train and validation, as `store_channels` puts them."""
    return [channel("train", "csv/train/"), channel("validation", "csv/validation/")]


def definition(image: str = IMAGE) -> dict[str, Any]:
    """What the requests of training jobs and of tuning jobs have in common."""
    return {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": image},
        "InputDataConfig": both_channels(),
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def training_request(name: str, *, image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    """CreateTrainingJob's; `changes` replace members of it."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20}
    whole = {"TrainingJobName": name, "HyperParameters": STATIC, "ResourceConfig": resources, **definition(image)}
    return whole | changes
