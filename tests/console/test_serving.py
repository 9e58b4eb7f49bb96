# SPDX-License-Identifier: Apache-2.0
"""The page at a port of this machine, and the command that serves it."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import pytest

from scripts.console import serving

if TYPE_CHECKING:
    from scripts.launch.local_deployment import LocalDeployment


def opened(address: str) -> str:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with opener.open(address) as answer:
        return str(answer.read().decode())


def test_the_address_opens_the_page_in_a_browser(deployment: LocalDeployment) -> None:
    with serving.served(deployment.api) as address:
        assert "<h1>Pipelines</h1>" in opened(address)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            opened(address.partition("?")[0])
        port = int(address.split(":")[2].partition("/")[0])
        with pytest.raises(OSError, match="in use"), serving.served(deployment.api, port):
            pass
    with pytest.raises(urllib.error.URLError):
        opened(address)


def test_each_address_has_a_token_of_its_own(deployment: LocalDeployment) -> None:
    with serving.served(deployment.api) as one, serving.served(deployment.api) as another:
        assert one.partition("token=")[2] != another.partition("token=")[2]
