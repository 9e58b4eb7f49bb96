# SPDX-License-Identifier: Apache-2.0
"""Minutes of the local AWS's clock, by which metrics are summed up."""

from __future__ import annotations

from scripts.local_aws import clock
from scripts.local_aws.server import LocalAws


def begin_minute(aws: LocalAws) -> None:
    """Move the clock into the next minute, so that what is done before the next move falls into one."""
    aws.advance(61 - clock.now().second)
