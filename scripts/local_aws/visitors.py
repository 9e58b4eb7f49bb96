# SPDX-License-Identifier: Apache-2.0
"""Protection against web pages: any client that reaches the local AWS can run code on this machine.

A browser sends the page's origin in `Origin`, and the name under which it found this machine in `Host`. A foreign page
has another origin, or, if its name was made to resolve to this machine, that name as the host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_HERE: Final = re.compile(r"127\.0\.0\.1|::1|([a-z0-9.-]+\.)?localhost")
# Clients without a configured endpoint send AWS's own names, which only AWS could point to this machine.
_AWS: Final = re.compile(r"([a-z0-9._-]+\.)?amazonaws\.com(\.cn)?")


class OnlyPrograms:
    """WSGI middleware that refuses requests of web pages from elsewhere."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and not _HERE.fullmatch(urlsplit(origin).hostname or ""):
            return _refused(f"the local AWS answers no page of {origin}")(environ, start_response)
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        if not _HERE.fullmatch(host) and not _AWS.fullmatch(host):
            return _refused(f"the local AWS is at 127.0.0.1 and localhost, not at {host}")(environ, start_response)
        return self._application(environ, start_response)


def _refused(reason: str) -> Response:
    return Response(f"{reason}\n", 403)
