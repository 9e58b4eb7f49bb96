# SPDX-License-Identifier: Apache-2.0
"""JSON of any length as the value of a template parameter: too long values are stored in S3 (lesson 39)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.plan import layout
from orchestrator.plan.plan import PlannedObject
from orchestrator.values import json_parameter

_DIGEST_CHARACTERS: Final = 32


@dataclass(frozen=True)
class JsonValue:
    """A value, and the place where it is stored if it is too long."""

    value: Any
    bucket: str
    stack_name: str

    @property
    def text(self) -> str:
        """The value as JSON."""
        return json_parameter.text(self.value)

    @property
    def fits(self) -> bool:
        """True if the value itself can be the parameter."""
        return len(self.text) <= json_parameter.LONGEST_VALUE

    @property
    def stored(self) -> PlannedObject | None:
        """The object with a value that is too long; `None` for any other.

        `Custom::SageMakerJob` reads it; its role has access to this prefix of its own stack.
        """
        if self.fits:
            return None
        content = self.text.encode()
        digest = hashlib.sha256(content).hexdigest()[:_DIGEST_CHARACTERS]
        return PlannedObject(self.bucket, f"{layout.folder(self.stack_name)}{layout.REQUESTS}{digest}.json", content)

    @property
    def parameter(self) -> str:
        """The value of the parameter: the JSON itself, or the S3 URI of a file with it."""
        stored = self.stored
        return stored.uri if stored else self.text
