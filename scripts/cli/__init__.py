# SPDX-License-Identifier: Apache-2.0
"""The `mlops` command line.

`commands.py` declares commands and options, and is all that `--help` loads. The modules beside it do the work.
Exit status: 0 done, 1 failed, 2 wrong usage or request, 130 interrupted.
"""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Sequence
from typing import Final

from scripts.cli.commands import app
from scripts.cli.options import Form, form_of

_INTERRUPTED: Final = 130


def main() -> None:
    """Entry point of `mlops`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    # What a command remembers of its output comes from no other, and reaches none.
    return contextvars.Context().run(_run, arguments)


def _run(arguments: Sequence[str]) -> int:
    form = form_of(arguments)
    try:
        # Otherwise, the library shows wrong usage itself, to people.
        ended = app(list(arguments), prog_name="mlops", standalone_mode=form != "json")
    except SystemExit as ended_by_library:
        ended = ended_by_library.code
    except Exception as error:
        status = _report(error, form)
        if status is None:
            raise
        return status
    if ended == _INTERRUPTED:
        return _report(None, form, arguments) or _INTERRUPTED
    return ended if isinstance(ended, int) else int(ended is not None)


def _report(error: Exception | None, form: Form, arguments: Sequence[str] = ()) -> int | None:
    # Imported only now, because they load the AWS libraries.
    from scripts.cli import errors
    from scripts.cli.output import Output

    return errors.report(error or errors.interrupted(arguments), Output(form), sys.stderr)
