# SPDX-License-Identifier: Apache-2.0
"""`mlops console`: the page on this machine, until it is interrupted."""

from __future__ import annotations

import errno
import threading
import webbrowser
from contextlib import suppress
from typing import Final

from scripts.cli import connection
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.console import serving

_SECONDS_BETWEEN_LOOKS: Final = 0.5


def run(asked: Asked, port: int, only_print: bool) -> None:
    """Serve the page, say where, and open it if this is a terminal. Raise WrongUseError for a port in use."""
    output = Output(asked.access.form)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    try:
        with serving.served(api, port) as address, suppress(KeyboardInterrupt):
            output.line("state", {"state": "Ready", "address": address})
            output.say(f"The console of {api.url} is at {address}")
            output.say("It shows and does what your credentials may. Ctrl-C ends it.")
            if output.is_live and not only_print:
                webbrowser.open(address)
            _wait()
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        raise WrongUseError(f"port {port} cannot be used: {error.strerror}. Leave --port out for a free one") from None


def _wait() -> None:
    # The system may hand a signal to another thread, which does not wake this one.
    never = threading.Event()
    while not never.wait(_SECONDS_BETWEEN_LOOKS):
        pass
