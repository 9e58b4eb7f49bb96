# SPDX-License-Identifier: Apache-2.0
"""Build time: declarations of the bundle -> CloudFormation templates, by troposphere and awacs."""

import sys
from pathlib import Path

# The bundle's package has a folder of its own, which is not on Python's default path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda_src"))
