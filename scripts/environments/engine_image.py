# SPDX-License-Identifier: Apache-2.0
"""Make the environment that has the libraries of the image in which monitors run: `... engine_image LOCK FOLDER`.

On Python 3.12 as there, if this machine has it. Without that and without 3.11 it stays empty, and a sentence says so.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.environments import test_pythons

_PYTHON: Final = "3.12"
# Of the image's scikit-learn there are no wheels for others.
_ALSO: Final = "3.11"


def main() -> int:
    """Choose an interpreter, and have it make the environment; return the status of the process."""
    lock, folder = sys.argv[1:]
    chosen = test_pythons.found(_PYTHON)
    if chosen is None:
        chosen = test_pythons.found(_ALSO)
        found = f"Python {_ALSO} runs its libraries" if chosen else "jobs run with this environment's libraries instead"
        sys.stdout.write(f"Python {_PYTHON}, which the image has, is not here: {found}\n")
    if chosen is None:
        Path(folder).mkdir(exist_ok=True)
        return 0
    sys.stdout.flush()
    command = (chosen, "-m", "scripts.environments.set_up", lock, folder)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
