# SPDX-License-Identifier: Apache-2.0
"""Options of `mlops predict` for what is said to a model beside its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mlops_orchestrator.client.predictions import Beside


@dataclass(frozen=True)
class Said:
    """What is said to a model beside its data."""

    content_type: Annotated[
        str, typer.Option(help="Media type; otherwise by the extension: .csv, .json, .jsonl, .libsvm.")
    ] = ""
    accept: Annotated[str, typer.Option(help="Media type of the answer.")] = ""
    inference_id: Annotated[str, typer.Option(help="Id of the call; ground truth is matched by it.")] = ""
    custom_attributes: Annotated[str, typer.Option(help="Text for the model's container.")] = ""
    target_variant: Annotated[str, typer.Option(help="Variant of the endpoint that answers.")] = ""

    def beside(self) -> Beside:
        """All but the media type of the data."""
        return {
            "accept": self.accept,
            "inference_id": self.inference_id,
            "custom_attributes": self.custom_attributes,
            "target_variant": self.target_variant,
        }
