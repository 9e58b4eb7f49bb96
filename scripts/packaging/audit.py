# SPDX-License-Identifier: Apache-2.0
"""Search for known vulnerabilities of locked distributions: `python -m scripts.packaging.audit PIP_AUDIT LOCK...`.

Runs on a Python with nothing installed. If part of a lock could not be looked up, the lock has not been audited:
pip-audit alone would report that it found nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

_OPTIONS: Final = ("--strict", "--require-hashes", "--disable-pip", "--progress-spinner=off")


def audit(pip_audit: str, lock: str) -> bool:
    """Audit one lock and report the result; return whether it is clean."""
    command = (pip_audit, *_OPTIONS, f"--requirement={lock}")
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    # Only audited locks give standard output. The last line of standard error is the exception's message.
    told = ended.stderr.strip().splitlines()[-1:] or [f"pip-audit ended with {ended.returncode}"]
    if ended.returncode == 0:
        sys.stdout.write(f"{lock}: no known vulnerabilities\n")
    elif ended.stdout:
        sys.stderr.write(f"{lock}: {told[0]}\n{ended.stdout}")
    else:
        sys.stderr.write(f"{lock} was not audited: {told[0]}\n")
    return ended.returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Audit all locks; return the status of the process."""
    pip_audit, *locks = arguments
    outcomes = [audit(pip_audit, lock) for lock in locks]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
