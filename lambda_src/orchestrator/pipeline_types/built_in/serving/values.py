# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that only endpoints have. `common.py` says what a field type is.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator.values.common import Expect
from orchestrator.values.jobs import NUMBER_OR_TEXT

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

Gpus = Annotated[
    str,
    Field(max_length=2, pattern=r"^([1-9]|1[0-6])?$"),
    Expect("a whole number of GPUs, 1 to 16"),
    NUMBER_OR_TEXT,
]
