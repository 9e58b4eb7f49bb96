# SPDX-License-Identifier: Apache-2.0
"""How long a model's instances may take until they answer, and the room that they have for it."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Template

from generator.conditions import if_provided


def variant_properties(built: Template) -> dict[str, Any]:
    """Properties of the main variant: SageMaker's defaults where the request says nothing."""
    given = {
        "ModelDataDownloadTimeoutInSeconds": "ModelDataDownloadTimeout",
        "ContainerStartupHealthCheckTimeoutInSeconds": "ContainerStartupTimeout",
        "VolumeSizeInGB": "VolumeSize",
    }
    return {name: if_provided(built, parameter, Ref(parameter)) for name, parameter in given.items()}
