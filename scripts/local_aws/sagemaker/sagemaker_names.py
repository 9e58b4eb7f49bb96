# SPDX-License-Identifier: Apache-2.0
"""Names and ARNs of SageMaker's resources, and its errors for names in use and unknown names.

Names keep their case and ARNs are in lower case, as on AWS: a policy that spells an ARN with capitals matches nothing
there, and must match nothing here.
"""

from __future__ import annotations

from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import SageMakerModelBackend


class NamedResources(SageMakerModelBackend):
    """Part of the backend that looks names up."""

    def _found(self, kind: str, name: str, known: dict[str, Any], called: str) -> Any:
        if name not in known:
            raise ValidationError(f'Could not find {called} "{self._arn(kind, name)}".')
        return known[name]

    def _check_free(self, kind: str, name: str, known: dict[str, Any], called: str) -> None:
        if self._is_taken(name, known):
            raise ValidationError(f'Cannot create already existing {called} "{self._arn(kind, name)}".')

    def _is_taken(self, name: str, known: dict[str, Any]) -> bool:
        return name.lower() in {one.lower() for one in known}

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:{self.partition}:sagemaker:{self.region_name}:{self.account_id}:{kind}/{name.lower()}"
