# SPDX-License-Identifier: Apache-2.0
"""Who may use the page: a browser of this machine that was given its token, and no page from elsewhere.

Any program and any web page that the browser shows can reach a port of 127.0.0.1. So each call must have the token
that the address had, a `Host` of this page (https://owasp.org/www-community/attacks/DNS_Rebinding), and, to change
anything, its `Origin`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Flask, Request, Response, redirect, request
from werkzeug.exceptions import Forbidden, MisdirectedRequest
from werkzeug.wrappers import Response as AnyResponse

_PARAMETER: Final = "token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
DOCUMENT_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
"""Of a report, which brings its own styles and must do nothing."""
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With `no-referrer`, browsers hide the origin of forms as well.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Guard:
    """Guard of the page at a port, with the token that its address has."""

    port: int
    token: str

    @property
    def address(self) -> str:
        """Where a person begins."""
        return f"{self._origins[0]}/?{_PARAMETER}={self.token}"

    def watch(self, app: Flask) -> None:
        """Look at each call before the page does, and at each answer."""
        app.before_request(self._look)
        app.after_request(_harden)

    @property
    def _origins(self) -> tuple[str, ...]:
        return tuple(f"http://{host}:{self.port}" for host in ("127.0.0.1", "localhost"))

    @property
    def _cookie(self) -> str:
        # Cookies are shared by all ports of a host.
        return f"mlops-console-{self.port}"

    def _look(self) -> AnyResponse | None:
        if f"http://{request.host}" not in self._origins:
            raise MisdirectedRequest("This page answers to 127.0.0.1 and localhost alone.")
        if request.method not in _SAFE and request.headers.get("Origin") not in self._origins:
            raise Forbidden("The call comes from another page.")
        given = request.args.get(_PARAMETER, "")
        if given and self._is_right(given):
            return self._welcome(request)
        if not self._is_right(request.cookies.get(self._cookie, "")):
            raise Forbidden("Open the address that `mlops console` has printed: it has a token.")
        return None

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    def _welcome(self, asked: Request) -> AnyResponse:
        """Keep the token where neither the history nor the next page sees it."""
        answer = redirect(asked.path, HTTPStatus.SEE_OTHER)
        answer.set_cookie(self._cookie, self.token, httponly=True, samesite="Strict")
        return answer


def _harden(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _POLICY)
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
