# SPDX-License-Identifier: Apache-2.0
"""`python -m generator` writes `templates/`; with `--check` it writes nothing, prints what differs and exits with 1."""

# A run makes what it needs, and ends: looking for garbage meanwhile, and when all is done, takes a fifth of its time.
import gc

gc.disable()

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from generator import files, halves  # noqa: E402

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

if __name__ == "__main__":
    status = files.main("python -m generator", halves.texts, _TEMPLATES, "*.yaml")
    gc.freeze()
    sys.exit(status)
