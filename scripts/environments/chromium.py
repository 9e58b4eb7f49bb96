# SPDX-License-Identifier: Apache-2.0
"""`python -m scripts.environments.chromium`: see that there is a browser that playwright can drive, or install one.

Debian's where apt-get and root are there; else what playwright downloads, which not every network lets it do. Asks
nothing, and reads nothing from standard input. Where no browser can be had, it ends with the status NONE.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

VARIABLE: Final = "MLOPS_BROWSER"
NONE: Final = 3
"""Status of the process where there is no browser and none could be installed."""
FLAGS: Final = ("--no-sandbox", "--disable-dev-shm-usage")
"""Nobody but pages of our own is visited, so it may run as root, and in a container with little shared memory."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS: Final = 900
_APT: Final = ("apt-get", "-y", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::http::Timeout=30")
_PACKAGES: Final = ("chromium", "libatomic1")
"""The browser, and what the program needs by which playwright drives it."""
_PLAYWRIGHT: Final = (sys.executable, "-m", "playwright")


def path() -> str | None:
    """Return the browser that is installed and starts; None where playwright is to take its own."""
    return os.environ.get(VARIABLE) or next(filter(_starts, filter(None, map(shutil.which, _NAMES))), None)


def _is_driven() -> bool:
    """Whether there is a browser, and playwright's own program starts."""
    return path() is not None and _run(*_PLAYWRIGHT, "--version") is None


def _starts(browser: str) -> bool:
    """Tell a browser from what only says where one could be had, as Ubuntu's package does."""
    return _run(browser, "--version") is None


def _run(*command: str) -> str | None:
    """Return what went wrong, in a line; None if nothing did."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", env=environment,
            timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("E: ", "Error: "))), (lines or ["failed"])[-1])


def _by_apt() -> str | None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "it needs Debian's or Ubuntu's apt-get, and root"
    # An update that fails may have left an older list, which may do.
    _run(*_APT, "update")
    failed = _run(*_APT, "install", "--no-install-recommends", *_PACKAGES)
    return failed or (None if _is_driven() else "its packages do not start")


def _by_playwright() -> str | None:
    # Which also installs the libraries that the download needs.
    as_root = ("--with-deps",) if shutil.which("apt-get") and os.geteuid() == 0 else ()
    return _run(*_PLAYWRIGHT, "install", *as_root, "chromium")


def _install() -> list[str]:
    """Install one in the first way that goes; return what went wrong with each, nothing if one went."""
    failures = []
    for name, attempt in (("apt-get", _by_apt), ("playwright install", _by_playwright)):
        sys.stdout.write(f"No browser that can be driven is here: installing Chromium by {name}\n")
        sys.stdout.flush()
        failed = attempt()
        if failed is None:
            return []
        failures.append(f"{name}: {failed}")
    return failures


def main() -> int:
    """Return the status of the process: 0 once there is a browser."""
    given = os.environ.get(VARIABLE)
    if given and not _starts(given):
        sys.stderr.write(f"{VARIABLE} names {given}, which is no browser that starts.\n")
        return 1
    failures = [] if _is_driven() else _install()
    if not failures:
        return 0
    sys.stderr.write(
        "The browser tests were not run, since no browser could be installed: install Chromium (Debian, Ubuntu:"
        f" apt-get install {' '.join(_PACKAGES)}), or set {VARIABLE} to its path ({'; '.join(failures)}).\n"
    )
    return NONE


if __name__ == "__main__":
    raise SystemExit(main())
