# SPDX-License-Identifier: Apache-2.0
"""`mlops console`: the page on this machine, until SIGINT or SIGTERM."""

from __future__ import annotations

import webbrowser
from contextlib import ExitStack

from scripts.cli import connection
from scripts.cli.foreground import staying
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.console import serving


def run(asked: Asked, port: int, only_print: bool) -> None:
    """Serve the page, say where, and open it if this is a terminal. Raise WrongUseError for a port that is taken."""
    output = Output(asked.access.form)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    with staying.until_interrupted(), ExitStack() as open_:
        with staying.port_in_words(port):
            address = open_.enter_context(serving.served(api, port))
        output.line("state", {"state": "Ready", "address": address})
        output.say(f"The console of {api.url} is at {address}")
        output.say("It shows and does what your credentials may. Ctrl-C ends it.")
        if output.is_live and not only_print:
            webbrowser.open(address)
        staying.wait()
