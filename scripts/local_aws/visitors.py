# SPDX-License-Identifier: Apache-2.0
"""Keep web pages out: whatever can talk to the local AWS runs code on this machine.

A browser tells where a page comes from in `Origin`, and by which name it has found this machine in `Host`. A page of
somebody else's has an origin of its own, or, after its name was made to point to this machine, that name as the host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_HERE: Final = re.compile(r"127\.0\.0\.1|::1|([a-z0-9.-]+\.)?localhost")
# Clients that are not told of an address send AWS's own names, which nobody else can let point here.
_AWS: Final = re.compile(r"([a-z0-9._-]+\.)?amazonaws\.com(\.cn)?")


class OnlyPrograms:
    """WSGI middleware: refuses what a page of another machine sends."""

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
