# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that only training has: channels, limits, switches, JSON of any length.

`common.py` says what a field type is. The limits are those of CreateTrainingJob, CreateHyperParameterTuningJob and
CreateAutoMLJob (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html), and those of
compatibility 3.10 to 3.12 where they are narrower.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StrictBool

from orchestrator.values import common, things
from orchestrator.values.common import NUMBER, Expect

_BOOLEANS: Final = {"true": True, "false": False}


def _boolean(value: Any) -> Any:
    """The texts that stood for booleans in requests of the earlier solution (compatibility 3.10)."""
    return _BOOLEANS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """A list that was written as JSON text (compatibility 3.10)."""
    return json.loads(value) if isinstance(value, str) else value


Flag = Annotated[StrictBool, BeforeValidator(_boolean), Expect("true or false")]

OptionalData = Annotated[
    common.AssetsKey,
    # As long as `AssetsPrefix`: SageMaker takes URIs of 1,024 characters, bucket included.
    Field(max_length=800),
    Expect(
        "a key or prefix in the assets bucket, or empty",
        example="some/prefix",
        but="without bucket, s3:// and wildcards",
    ),
    things.ASSETS,
]

TrueOrFalse = Annotated[Literal["True", "False"], Expect("True or False")]

JobName = Annotated[
    str,
    Field(max_length=63, pattern=r"^([a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})?$"),
    Expect("63 letters, digits and inner hyphens at most", example="my-job"),
]

ShortJobName = Annotated[
    str,
    Field(max_length=32, pattern=r"^([a-zA-Z0-9](-*[a-zA-Z0-9]){0,31})?$"),
    Expect("32 letters, digits and inner hyphens at most, which is SageMaker's limit for these jobs", example="my-job"),
]

JobNames = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[a-z0-9-]+[*]?$"),
    Expect("the name of a job in lower case, or how names of jobs begin"),
]

InstanceCount = Annotated[int, Field(ge=1, le=999), NUMBER, Expect("a whole number of instances, 1 to 999")]

VolumeSize = Annotated[int, Field(ge=1, le=16_384), NUMBER, Expect("a whole number of gigabytes, 1 to 16384")]

JobRunTime = Annotated[int, Field(ge=600, le=259_200), NUMBER, Expect("a whole number of seconds, 600 to 259200")]

SpotWait = Annotated[int, Field(ge=1, le=259_200), NUMBER, Expect("a whole number of seconds, 1 to 259200")]

AutopilotRunTime = Annotated[
    int, Field(ge=3_600, le=2_592_000), NUMBER, Expect("a whole number of seconds, 3600 to 2592000")
]

Candidates = Annotated[int, Field(ge=1, le=750), NUMBER, Expect("a whole number of candidates, 1 to 750")]

ChannelContentType = Annotated[
    str,
    Field(max_length=256, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.+_/; =-]*$"),
    Expect("the content type that the algorithm expects", example="text/csv"),
]

S3DataType = Annotated[
    Literal["S3Prefix", "ManifestFile", "AugmentedManifestFile"],
    Expect("S3Prefix, ManifestFile or AugmentedManifestFile"),
]

DataDistribution = Annotated[Literal["FullyReplicated", "ShardedByS3Key"], Expect("FullyReplicated or ShardedByS3Key")]

Compression = Annotated[Literal["", "None", "Gzip"], Expect("None or Gzip (as a string)")]

InputMode = Annotated[Literal["File", "Pipe", "FastFile"], Expect("File, Pipe or FastFile")]

RecordWrapping = Annotated[Literal["", "None", "RecordIO"], Expect("None or RecordIO (as a string)")]

AttributeName = Annotated[str, Field(min_length=1, max_length=256)]

AttributeNames = Annotated[
    list[AttributeName],
    Field(max_length=16),
    BeforeValidator(_listed),
    Expect("a list of 16 names at most, or one as JSON text"),
]

JsonDocument = Annotated[
    str,
    # ASCII without line ends; a text that is too long for a parameter is an object, and this is its address.
    Field(max_length=4_096, pattern=r"^([\[{][\x20-\x7e]*[\]}]|s3://[a-z0-9.-]+/[a-z0-9./-]+)?$"),
    Expect("JSON in ASCII, or the S3 URI of a file with it"),
]

TargetAttribute = Annotated[
    str,
    # CloudFormation would replace `{{resolve:...}}`, so no two braces meet.
    Field(min_length=1, max_length=128, pattern=r"^(\{?[\x20-z|}~\u00a0-\uffff])*\{?$"),
    Expect("the name of the column to predict, 128 characters at most", but="without two opening braces in a row"),
]

ProblemType = Annotated[
    Literal["", "Regression", "BinaryClassification", "MulticlassClassification"],
    Expect("Regression, BinaryClassification or MulticlassClassification"),
]
