# SPDX-License-Identifier: Apache-2.0
"""What names an AWS wins; a local AWS of the folder serves otherwise; one that has ended is never followed by AWS."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mlops_orchestrator.settings import choosing, local_state
from mlops_orchestrator.settings.choosing import Chosen
from mlops_orchestrator.settings.effective import Given
from mlops_orchestrator.settings.local_state import NoLocalAwsError


class _Answering(BaseHTTPRequestHandler):
    error_type = "MissingAuthenticationTokenException"

    def do_GET(self) -> None:
        self.send_response(403)
        if self.error_type:
            self.send_header("x-amzn-ErrorType", self.error_type)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _SomethingElse(_Answering):
    error_type = ""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "MLOPS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-settings"))


def _serve(handler: type[_Answering]) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def answering() -> Iterator[HTTPServer]:
    yield from _serve(_Answering)


@pytest.fixture
def something_else() -> Iterator[HTTPServer]:
    yield from _serve(_SomethingElse)


def _told(folder: Path, port: int, host: str = "127.0.0.1") -> Path:
    file = folder / local_state.FILE
    file.parent.mkdir(parents=True)
    told = {
        "endpoint_url": f"http://{host}:{port}",
        "region": "us-east-1",
        "stack_name": "mlops-orchestrator",
        "accounts": {"orchestrator": "1"},
    }
    file.write_text(json.dumps(told))
    return file


@pytest.fixture
def below(tmp_path: Path, answering: HTTPServer) -> Path:
    """A folder below that of a local AWS that runs."""
    _told(tmp_path, answering.server_port)
    (tmp_path / "below").mkdir()
    return tmp_path / "below"


def test_it_is_found_from_a_folder_below_and_told_of(below: Path) -> None:
    chosen = choosing.choose(Given(), folder=below)

    assert chosen.local is not None
    assert (chosen.region, chosen.stack_name) == ("us-east-1", "mlops-orchestrator")
    assert chosen.notice.startswith(f"using the local AWS of {below.parent}, at http://127.0.0.1:")
    assert choosing.choose(Given(), local=True, folder=below).notice == ""


@pytest.mark.parametrize(
    "variable",
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "MLOPS_API_URL"],
)
def test_what_the_environment_names_wins(variable: str, below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "any")
    chosen = choosing.choose(Given(), folder=below)

    assert (chosen.local, chosen.by) == (None, variable)
    assert choosing.choose(Given(), local=True, folder=below).local is not None


@pytest.mark.parametrize("given", [Given(profile="work"), Given(region="us-east-1")], ids=["profile", "region"])
def test_options_win(given: Given, below: Path) -> None:
    assert choosing.choose(given, folder=below).local is None


def test_profile_of_the_project_wins(below: Path) -> None:
    (below / "mlops.toml").write_text('profile = "work"\n')
    assert choosing.choose(Given(), folder=below).profile == "work"


@pytest.mark.parametrize(("region", "is_local"), [("us-east-1", True), ("eu-west-1", False)], ids=["same", "other"])
def test_region_of_the_environment_wins_if_it_is_another(
    region: str, is_local: bool, below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many people have a Region set for all that they do."""
    monkeypatch.setenv("AWS_REGION", region)
    assert (choosing.choose(Given(), folder=below).local is not None) is is_local


def test_address_of_the_environment_wins(below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    chosen = choosing.choose(Given(), folder=below)

    assert (chosen.endpoint_url, chosen.by, chosen.local) == ("http://127.0.0.1:1", "AWS_ENDPOINT_URL", None)


@pytest.mark.parametrize("local", [False, True], ids=["without-an-option", "--local"])
def test_one_that_has_ended_stops_once_and_is_forgotten(local: bool, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ended:
        port = ended.getsockname()[1]
    file = _told(tmp_path, port)
    with pytest.raises(NoLocalAwsError, match=r"does not answer at http://127.0.0.1:\d+ \(it has ended"):
        choosing.choose(Given(), local=local, folder=tmp_path)

    assert not file.exists()
    assert choosing.choose(Given(), folder=tmp_path) == Chosen(choosing.choose(Given(), folder=tmp_path).settings)


def test_another_program_at_its_address_is_not_taken_for_it(tmp_path: Path, something_else: HTTPServer) -> None:
    file = _told(tmp_path, something_else.server_port)
    with pytest.raises(NoLocalAwsError, match="something else listens there"):
        choosing.choose(Given(), folder=tmp_path)

    assert not file.exists()


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_unreadable_file_names_nothing(content: str, tmp_path: Path) -> None:
    _told(tmp_path, 1).write_text(content)
    assert local_state.find(tmp_path) is None


def test_file_cannot_name_another_machine(tmp_path: Path) -> None:
    _told(tmp_path, 80, host="example.com")
    assert local_state.find(tmp_path) is None
