# SPDX-License-Identifier: Apache-2.0
"""A checkout whose locks name distributions that the tests have made."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The smallest environment that make makes: without the project itself, which would need setuptools.
SMALL: Final = ".venv-checkov"


@dataclass(frozen=True)
class Checkout:
    folder: Path
    wheels: Path
    """All that uv and pip can reach."""
    tools: Path
    """All that is on PATH."""

    def lock(self, use: str) -> Path:
        return self.folder / "locks" / f"{use}.txt"

    def offer(self, name: str, executable: str | os.PathLike[str] | None) -> None:
        """Put an executable on PATH, in place of what has the name there."""
        assert executable, f"{name} is needed for these tests"
        self.hide(name)
        (self.tools / name).symlink_to(executable)

    def hide(self, name: str) -> None:
        (self.tools / name).unlink(missing_ok=True)

    def script(self, name: str, *lines: str) -> Path:
        """Put a shell script on PATH."""
        self.hide(name)
        path = self.tools / name
        path.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
        path.chmod(0o755)
        return path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout."""
        alone = {
            "PATH": str(self.tools), "HOME": str(self.tools), "LANG": "C.UTF-8",
            "UV_NO_CONFIG": "1", "UV_OFFLINE": "1", "UV_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels),
        }  # fmt: skip
        return subprocess.run(
            command, cwd=self.folder, env=alone | environment, capture_output=True, text=True, check=False
        )

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("make", f"PYTHON={sys.executable}", *arguments, **environment)

    def set_up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Make the smallest environment."""
        return self.make(f"{SMALL}/.ready", *arguments, **environment)
