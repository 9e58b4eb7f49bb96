# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from scripts.console.guard import Guard

GUARD = Guard(8080, "the-token")
ORIGIN = "http://127.0.0.1:8080"


@pytest.fixture
def browser() -> Any:
    app = Flask(__name__)
    GUARD.watch(app)
    app.add_url_rule("/", "page", lambda: "the page", methods=["GET", "POST"])
    return app.test_client()


@pytest.fixture
def welcome(browser: Any) -> Any:
    browser.get("/?token=the-token", base_url=ORIGIN)
    return browser


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=another"])
def test_nobody_comes_in_without_the_token(browser: Any, path: str) -> None:
    answer = browser.get(path, base_url=ORIGIN)
    assert (answer.status_code, "the page" in answer.text) == (403, False)


def test_the_address_lets_in_and_the_token_leaves_it(browser: Any) -> None:
    assert GUARD.address == f"{ORIGIN}/?token=the-token"
    answer = browser.get(GUARD.address.removeprefix(ORIGIN), base_url=ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert browser.get("/", base_url=ORIGIN).text == "the page"


@pytest.mark.parametrize("host", ["evil.example:8080", "127.0.0.1:8081", "127.0.0.1", "[::1]:8080"])
def test_another_name_of_this_machine_is_refused(welcome: Any, host: str) -> None:
    answer = welcome.get("/", base_url=ORIGIN, headers={"Host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:8081"])
def test_another_page_changes_nothing(welcome: Any, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    assert welcome.post("/", base_url=ORIGIN, headers=headers).status_code == 403


def test_the_page_itself_may(welcome: Any) -> None:
    assert welcome.post("/", base_url=ORIGIN, headers={"Origin": ORIGIN}).status_code == 200


def test_every_answer_is_hardened(browser: Any) -> None:
    headers = browser.get("/", base_url=ORIGIN).headers
    policy = headers["Content-Security-Policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
