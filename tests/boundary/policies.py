# SPDX-License-Identifier: Apache-2.0
"""The boundary as IAM gets it, for given parameters."""

from __future__ import annotations

import json
from typing import Any, Final

from scripts.iam import documents
from scripts.iam.documents import Document
from tests import committed
from tests.generator import resolving

PATH: Final = "mlops-permissions-boundary.yaml"
ACCOUNT: Final = "111122223333"


def policy(partition: str = "aws", **parameters: str) -> dict[str, Any]:
    """The policy document."""
    template = committed.template(PATH)
    defaults = {name: one["Default"] for name, one in template["Parameters"].items()}
    given = {**defaults, "AWS::Partition": partition, "AWS::AccountId": ACCOUNT, **parameters}
    found: dict[str, Any] = resolving.properties(template, "Boundary", given)["PolicyDocument"]
    return found


def document(**parameters: str) -> Document:
    """The same, for the evaluation."""
    return documents.parse(policy(**parameters))


def length(found: dict[str, Any]) -> int:
    """As IAM counts it: without white space."""
    return len(json.dumps(found, separators=(",", ":")))
