# SPDX-License-Identifier: Apache-2.0
"""What every cold start of the function would wait for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

BUNDLE: Final = Path(__file__).parents[2] / "lambda_src"
LOOK: Final = """
import sys
from orchestrator import api, service
from orchestrator.pipeline_types.built_in import BUILT_IN
assert list(BUILT_IN)
print("pydantic.plugin._loader" in sys.modules)
"""


def test_no_validator_is_built_before_a_request_needs_it() -> None:
    """A model that defers nothing builds its own at import, and the first one loads pydantic's plug-ins."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(BUNDLE), "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    ran = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, env=variables)
    assert ran.stdout == "False\n"
