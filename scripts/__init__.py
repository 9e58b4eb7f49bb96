# SPDX-License-Identifier: Apache-2.0
"""What a person runs: the command line, packaging, the local AWS, the demo."""

import sys
from pathlib import Path

# The bundle's package stands in a folder of its own, where Python looks only when told to.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda_src"))
