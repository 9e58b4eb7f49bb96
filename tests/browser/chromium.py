# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.browser.chromium`: see that there is a browser, or have playwright install one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_VARIABLE: Final = "MLOPS_BROWSER"


def path() -> str | None:
    """Return the browser that is installed; None where playwright is to take its own."""
    return os.environ.get(_VARIABLE) or next(filter(None, map(shutil.which, _NAMES)), None)


def main() -> int:
    """Return the status of the process: 0 once there is a browser."""
    if path():
        return 0
    status = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode
    if status:
        sys.stderr.write(
            "No browser could be installed: install Chromium (Debian, Ubuntu: apt-get install chromium), or set"
            f" {_VARIABLE} to its path.\n"
        )
    return status


if __name__ == "__main__":
    raise SystemExit(main())
