# SPDX-License-Identifier: Apache-2.0
"""Writer of `lambda_src/orchestrator/data/monitor_regions.json`: Regions whose CloudFormation can make a monitor.

They are read from cfn-lint's provider schemas: `python -m scripts.packaging.refresh_monitor_regions`.
"""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import cfnlint

from scripts.paths import ROOT

DATA: Final = ROOT / "lambda_src" / "orchestrator" / "data" / "monitor_regions.json"
_KINDS: Final = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
_TYPES: Final = frozenset(
    f"AWS::SageMaker::{name}"
    for name in ("ProcessingJob", "MonitoringSchedule", *(f"{kind}JobDefinition" for kind in _KINDS))
)
_PROVIDERS: Final = Path(cfnlint.__file__).parent / "data" / "schemas" / "providers"


def content() -> dict[str, Any]:
    """Return the content of the file."""
    known = ((path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in _PROVIDERS.glob("*-*.json"))
    return {
        "source": f"cfn-lint {metadata.version('cfn-lint')}",
        "regions": sorted(region for region, types in known if types.keys() >= _TYPES),
    }


def main() -> None:
    """Write the file."""
    DATA.write_text(json.dumps(content(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
