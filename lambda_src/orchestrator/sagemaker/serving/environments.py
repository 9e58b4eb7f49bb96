# SPDX-License-Identifier: Apache-2.0
"""What SageMaker takes as the environment of containers that serve models.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html (`Environment`)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

MOST: Final = 100
"""Variables of all containers of a model; SageMaker takes as many of each, and a template has 200 parameters."""
LONGEST_VALUE: Final = 1_024
MOST_BYTES: Final = 32 * 1_024
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# All that SageMaker's pages name as set by itself: of transform jobs, and, the last two, of containers in series.
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html (How Containers Serve Requests)
# https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipeline-real-time.html
_SET_BY_SAGEMAKER: Final = frozenset(
    {
        "SAGEMAKER_BATCH",
        "SAGEMAKER_BATCH_STRATEGY",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB",
        "SAGEMAKER_BIND_TO_PORT",
        "SAGEMAKER_SAFE_PORT_RANGE",
    }
)
_OF_SECRETS: Final = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)(_|$)"
)
_OF_PLACES: Final = ("_ARN", "_NAME", "_ID", "_URL")


def wrong_name(name: str) -> str:
    """Return why a variable cannot have this name; empty if it can."""
    if len(name) > LONGEST_VALUE or _NAME.fullmatch(name) is None:
        return "is no name of a variable: it must be letters, digits and underscores, and not begin with a digit"
    if name in _SET_BY_SAGEMAKER:
        return "is set by SageMaker itself: leave it out"
    return ""


def too_large(environments: Iterable[Mapping[str, str]]) -> str:
    """Return why the environments of a model's containers are too large together; empty if they are not."""
    pairs = [pair for each in environments for pair in each.items()]
    if len(pairs) > MOST:
        return f"there are {len(pairs)} variables in all containers; {MOST} are the most"
    size = sum(len(name.encode()) + len(value.encode()) for name, value in pairs)
    if size > MOST_BYTES:
        return f"all names and values together have {size:,} bytes; SageMaker takes {MOST_BYTES:,}"
    return ""


def secrets_by_name(names: Iterable[str]) -> Iterator[str]:
    """Yield the names that sound as if their values were secret."""
    for name in names:
        upper = name.upper()
        if _OF_SECRETS.search(upper) and not upper.endswith(_OF_PLACES):
            yield name
