# SPDX-License-Identifier: Apache-2.0
"""The `mlops` command line.

`commands.py` declares commands and options, and is all that `--help` loads. The modules beside it do the work.
Exit status: 0 done, 1 failed, 2 wrong usage or request.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from scripts.cli.commands import app

_INTERRUPTED: Final = 130


def main() -> None:
    """Entry point of `mlops`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    try:
        app(list(arguments), prog_name="mlops")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on from here\n")
        return _INTERRUPTED
    except Exception as error:
        # Imported only now, because they load the AWS libraries.
        from scripts.cli import errors
        from scripts.cli.output import Output

        status = errors.report(error, Output("--json" in arguments or _is_json_set()), sys.stderr)
        if status is None:
            raise
        return status
    return 0


def _is_json_set() -> bool:
    """Whether the settings ask for JSON. Those that cannot be used are an error that is being reported."""
    from mlops_orchestrator.settings import effective
    from mlops_orchestrator.settings.files import SettingsError

    try:
        return effective.settings(effective.Given()).output.value == "json"
    except SettingsError:
        return False
