# SPDX-License-Identifier: Apache-2.0
"""Serves the page on this machine."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

from werkzeug.serving import WSGIRequestHandler, make_server

from mlops_orchestrator.aws.api_client import OrchestratorApi
from scripts.console import app
from scripts.console.guard import Guard

HOST: Final = "127.0.0.1"
_TOKEN_BYTES: Final = 24


class _Quiet(WSGIRequestHandler):
    """Handler without a line for each request: the first one has the token."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@contextmanager
def served(of: OrchestratorApi, port: int = 0) -> Iterator[str]:
    """Serve the page as long as the block lasts, and give its address. Raise OSError for a port that is taken."""
    # Listens before the page is made, which has to know its port. Werkzeug ends the process for one that is taken.
    with socket.create_server((HOST, port)) as listening:
        guard = Guard(listening.getsockname()[1], secrets.token_urlsafe(_TOKEN_BYTES))
        page = app.make(of, guard)
        server = make_server(HOST, guard.port, page, threaded=True, request_handler=_Quiet, fd=listening.fileno())
    thread = Thread(target=server.serve_forever, name="console", daemon=True)
    thread.start()
    try:
        yield guard.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
