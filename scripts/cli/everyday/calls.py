# SPDX-License-Identifier: Apache-2.0
"""Options of `mlops load`: what is asked, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True)
class Calls:
    """What to ask, how often, and of which variant; "" for the split of the endpoint."""

    payload: Annotated[str, typer.Option(metavar="FILE", help="What the model reads; - for input.")]
    rate: Annotated[float, typer.Option(help="Calls a second, at most 200.")]
    seconds: Annotated[float, typer.Option(help="For how long, at most 600.")]
    content_type: Annotated[str, typer.Option(help="Media type; otherwise by the extension, as for predict.")] = ""
    target_variant: Annotated[str, typer.Option(help="Variant that answers; otherwise by the endpoint's weights.")] = ""
