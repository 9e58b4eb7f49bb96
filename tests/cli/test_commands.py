# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from scripts import cli, paths
from scripts.cli.commands import app
from tests.cli.conftest import Mlops

_COMMANDS = (
    "publish",
    "deploy",
    "destroy",
    "provision",
    "status",
    "approve",
    "reject",
    "new",
    "check",
    "local",
    "config",
    "verify",
    "open",
    "predict",
    "load",
    "logs",
    "events",
    "retry",
    "pause",
    "resume",
    "shift",
    "cards",
    "monitor",
)
# They print what a shell reads.
_WITHOUT_FORMS = {"completion"}
_INTERRUPTED = "interrupted: what AWS has begun goes on. The same command looks again:"
# Each of them takes longer to load than all of the rest.
_SLOW = ("boto3", "botocore", "moto", "pydantic", "orchestrator")


def test_help_names_every_command_and_loads_no_slow_library() -> None:
    code = (
        "import sys; from scripts import cli; status = cli.run(['--help']);"
        f"sys.stderr.write(','.join(name for name in {_SLOW!r} if name in sys.modules)); sys.exit(status)"
    )
    search = f"{paths.ROOT}:{paths.ROOT / 'lambda_src'}"
    ran = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": search}, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0
    assert ran.stderr == ""
    assert [command for command in _COMMANDS if command not in ran.stdout] == []


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_help(command: str, mlops: Mlops) -> None:
    ended = mlops(command, "--help")

    assert ended.status == 0
    assert f"Usage: mlops {command}" in ended.out


@pytest.mark.parametrize("arguments", [(), ("check",)], ids=["mlops", "check"])
def test_help_has_a_short_name(arguments: tuple[str, ...], mlops: Mlops) -> None:
    assert mlops(*arguments, "-h").out == mlops(*arguments, "--help").out


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("deploy", "--option", "triple"), ("check",), ("local", "--port", "x")]
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...], mlops: Mlops) -> None:
    ended = mlops(*arguments)

    assert ended.status == 2
    assert "Error" in ended.err


def test_missing_region_says_what_to_do(mlops: Mlops) -> None:
    ended = mlops("deploy", "--yes", "--email", "a@example.com")

    assert ended.status == 2
    assert (
        ended.err == "error: there is no AWS Region: give --region, set AWS_REGION, or write region into mlops.toml\n"
    )


def test_missing_credentials_say_what_to_do(mlops: Mlops) -> None:
    ended = mlops("status", "mlops-pipeline-x", "--region", "eu-west-1")

    assert ended.status == 1
    assert ended.err.startswith("error: there are no AWS credentials: sign in")
    assert "Traceback" not in ended.err


def test_unknown_profile_is_named(mlops: Mlops) -> None:
    ended = mlops("status", "mlops-pipeline-x", "--profile", "nobody")

    assert ended.status == 2
    assert "nobody" in ended.err


def test_unreachable_address_is_named(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("MLOPS_API_URL", "http://127.0.0.1:9/prod")
    ended = mlops("status", "mlops-pipeline-x", "--region", "eu-west-1")

    assert ended.status == 1
    assert "AWS cannot be reached" in ended.err
    assert "http://127.0.0.1:9/prod" in ended.err


def test_local_aws_of_the_environment_that_has_ended_says_so(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ended = mlops("list")

    assert ended.status == 1
    assert ended.err.startswith(
        "error: nothing answers at http://127.0.0.1:9, which AWS_ENDPOINT_URL names: run `mlops"
    )


def test_port_in_use_is_a_sentence() -> None:
    """In a process of its own: the local AWS changes moto."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code = f"from scripts import cli; import sys; sys.exit(cli.run(['local', '--port', '{port}']))"
        search = os.pathsep.join(str(paths.ROOT / folder) for folder in (".", "lambda_src", "scripts/installed"))
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": search},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 2
    assert ran.stderr == (
        f"error: port {port} is in use by another program: give --port another, or leave it out for a free one\n"
    )


def test_local_without_a_local_aws_says_what_to_start(mlops: Mlops) -> None:
    ended = mlops("status", "mlops-pipeline-x", "--local")

    assert ended.status == 2
    assert "run `mlops local`" in ended.err


def test_error_is_one_json_document_for_a_machine(mlops: Mlops) -> None:
    ended = mlops("status", "mlops-pipeline-x", "--local", "--json")

    message = ended.err.removeprefix("error: ").strip()
    assert ended.documents == [{"error": {"message": message, "errors": []}}]


@pytest.mark.parametrize(
    "wrong",
    [("--json", "nothing"), ("deploy", "--option", "triple", "--json"), ("check", "--output", "json")],
    ids=["command", "option", "argument"],
)
def test_wrong_usage_is_one_json_document_for_a_machine(wrong: tuple[str, ...], mlops: Mlops) -> None:
    ended = mlops(*wrong)

    assert ended.status == 2
    (document,) = ended.documents
    assert document["error"].keys() == {"message", "errors", "code"}
    assert document["error"]["code"] == "Usage"


def _commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*above, name))
        else:
            yield " ".join((*above, name)), {option for parameter in command.params for option in parameter.opts}


def test_every_command_that_answers_has_the_forms_of_output() -> None:
    without = {name for name, options in _commands(get_command(app)) if not {"--output", "--json"} <= options}

    assert without == _WITHOUT_FORMS


@pytest.mark.parametrize("form", [("--json",), ("--output", "json"), ("--output=json",)], ids=["flag", "word", "equal"])
def test_forms_of_output_have_one_meaning(form: tuple[str, ...], mlops: Mlops) -> None:
    ended = mlops("check", "nothing.json", "--region", "eu-west-1", *form)

    assert "nothing.json cannot be read" in ended.documents[0]["error"]["message"]


def test_programming_error_is_json_for_a_machine_and_keeps_its_traceback(
    mlops: Mlops, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scripts.cli.drafting.check", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        cli.run(["check", "nothing.json", "--json"])

    assert json.loads(capsys.readouterr().out)["error"]["code"] == "Unexpected"


def test_interrupt_is_status_130_and_says_how_to_go_on(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.cli.drafting.check", interrupt)

    told = mlops("check", "nothing.json")
    assert (told.status, told.err) == (130, f"error: {_INTERRUPTED} mlops check nothing.json\n")
    program = mlops("check", "nothing.json", "--json")
    assert (program.status, program.documents[0]["error"]["code"]) == (130, "Interrupted")


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_nobody_to_ask_needs_yes(command: str, mlops: Mlops) -> None:
    ended = mlops(command, "--region", "eu-west-1")

    assert ended.status == 2
    assert "--yes" in ended.err


def test_parameter_needs_a_value(mlops: Mlops) -> None:
    ended = mlops("deploy", "--yes", "--region", "eu-west-1", "--param", "UseModelRegistry")

    assert ended.status == 2
    assert "--param needs NAME=VALUE; got UseModelRegistry" in ended.err


def test_request_that_is_no_object_is_wrong_use(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(json.dumps(["byom_realtime_builtin"]))
    ended = mlops("provision", "request.json", "--local")

    assert ended.status == 2
    assert "holds no JSON object" in ended.err
