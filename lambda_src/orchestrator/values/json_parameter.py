# SPDX-License-Identifier: Apache-2.0
"""JSON as the value of a CloudFormation parameter."""

from __future__ import annotations

import json
from typing import Any, Final

LONGEST_VALUE: Final = 4_096
"""Characters; CloudFormation's limit of a parameter's value."""


def text(value: Any) -> str:
    """JSON in ASCII, in a fixed order; CloudFormation would replace `{{resolve:...}}`, so no two braces meet.

    Two opening braces in a row can only stand inside a string of JSON, where one may be written as an escape.
    """
    return json.dumps(value, sort_keys=True, allow_nan=False).replace("{{", r"{\u007b")
