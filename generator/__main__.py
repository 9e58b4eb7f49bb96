# SPDX-License-Identifier: Apache-2.0
"""`python -m generator` writes `templates/`; with `--check` it writes nothing, prints what differs and exits with 1."""

import sys
from pathlib import Path

from generator import catalogue, files

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

if __name__ == "__main__":
    sys.exit(files.main("python -m generator", catalogue.texts, _TEMPLATES, "*.yaml"))
