# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that only endpoints have. `values/common.py` says what a field type is.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
"""

from typing import Annotated, Final

from pydantic import Field

from orchestrator.values import things
from orchestrator.values.common import KEY, Expect, WithoutTrailingSlash
from orchestrator.values.jobs import NUMBER_OR_TEXT
from orchestrator.values.s3_spellings import KeyOfAssets
from orchestrator.values.visible_text import VISIBLE

_60_TO_3600 = r"[6-9][0-9]|[1-9][0-9]{2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600"
_1_TO_512 = r"[1-9]|[1-9][0-9]|[1-4][0-9]{2}|50[0-9]|51[0-2]"

Seconds = Annotated[
    str,
    Field(max_length=4, pattern=rf"^({_60_TO_3600})?$"),
    Expect("a whole number of seconds, 60 to 3600"),
    NUMBER_OR_TEXT,
]

VolumeGb = Annotated[
    str,
    Field(max_length=3, pattern=rf"^({_1_TO_512})?$"),
    Expect("a whole number of gigabytes, 1 to 512"),
    NUMBER_OR_TEXT,
]

TopicArn = Annotated[
    str,
    Field(max_length=512, pattern=r"^(arn:aws[a-z0-9-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]+)?$"),
    Expect("the ARN of an SNS topic", example="arn:aws:sns:eu-west-1:111122223333:answers"),
    things.A_TOPIC,
]

Gpus = Annotated[
    str,
    Field(max_length=2, pattern=r"^([1-9]|1[0-6])?$"),
    Expect("a whole number of GPUs, 1 to 16"),
    NUMBER_OR_TEXT,
]

_PREFIX: Final = (
    KeyOfAssets(),
    VISIBLE,
    Expect("the prefix of files in the assets bucket", example="models/v1", but="without bucket, s3:// and wildcards"),
    WithoutTrailingSlash(),
    things.FILES,
)

ModelDataPrefix = Annotated[str, Field(max_length=800, pattern=rf"^({KEY})?$"), *_PREFIX]
ModelFiles = Annotated[str, Field(min_length=1, max_length=800, pattern=rf"^{KEY}$"), *_PREFIX]
