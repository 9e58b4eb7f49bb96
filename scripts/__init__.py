# SPDX-License-Identifier: Apache-2.0
"""Tools that people run: the command line, packaging, the local AWS, the demo."""

import sys
from pathlib import Path

# The bundle's package has a folder of its own, which is not on Python's path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda_src"))
