# SPDX-License-Identifier: Apache-2.0
"""`mlops console` as a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.cli.conftest import Mlops
from tests.end_to_end import running
from tests.end_to_end.running import Running

pytestmark = pytest.mark.usefixtures("local")


def test_it_serves_until_it_is_told_to_end(local: Running) -> None:
    start = running.of_checkout()
    with subprocess.Popen(
        [*start.command, "console", "--print", "--json"], cwd=local.folder, env=start.variables,
        stdout=subprocess.PIPE, text=True,
    ) as served:  # fmt: skip
        assert served.stdout is not None
        told = json.loads(served.stdout.readline())
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with opener.open(told["address"]) as answer:
            assert answer.status == 200
        served.terminate()
        assert served.wait() == 0


def test_a_port_of_another_program_is_named(mlops: Mlops) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = mlops("console", "--print", "--port", str(port))
    assert ended.status == 2
    assert f"port {port} is in use by another program: give --port another" in ended.err
