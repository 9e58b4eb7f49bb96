# SPDX-License-Identifier: Apache-2.0
"""Writer of `lambda_src/orchestrator/data/instance_types.json`: instance types that SageMaker offers by purpose.

It is read from the enumerations of botocore's model: `python -m scripts.packaging.refresh_instance_types`. By purpose
and family, the sizes stand in one text, as in "large xlarge 2xlarge".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import metadata
from typing import Any, Final

from botocore.session import Session

from scripts.paths import ROOT

DATA: Final = ROOT / "lambda_src" / "orchestrator" / "data" / "instance_types.json"
SHAPES: Final = {
    "endpoint": "ProductionVariantInstanceType",
    "processing": "ProcessingInstanceType",
    "training": "TrainingInstanceType",
    "transform": "TransformInstanceType",
}
"""Purpose -> the enumeration of its instance types."""


def content() -> dict[str, Any]:
    """Return the content of the file."""
    model = Session().get_service_model("sagemaker")
    offered = {purpose: _by_family(model.shape_for(shape).enum) for purpose, shape in SHAPES.items()}
    return {"source": f"botocore {metadata.version('botocore')}", "offered": offered}


def _by_family(instance_types: Iterable[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for instance_type in instance_types:
        _, family, size = instance_type.split(".")
        found.setdefault(family, []).append(size)
    return {family: " ".join(sizes) for family, sizes in sorted(found.items())}


def main() -> None:
    """Write the file."""
    DATA.write_text(json.dumps(content(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
