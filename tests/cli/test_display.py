# SPDX-License-Identifier: Apache-2.0
"""What a person sees at a terminal of any width."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from rich.console import Console

from mlops_orchestrator.aws.stack_following import StackEvent, working_on
from scripts.cli.display import api_words
from scripts.cli.display.progress import StackProgress
from scripts.cli.display.screens import elapsed, opened
from scripts.cli.display.states import style
from scripts.cli.display.tables import table
from scripts.cli.output import Output

_COLUMNS = ("model", "type", "stages", "last execution", "waiting for")
_ROWS = (
    (
        "diabetes",
        "byom_realtime_builtin",
        "DeployDev: InProgress\nDeployStaging: Waiting",
        "InProgress 2026-11-24 10:20",
        "",
    ),
    (
        "diabetes-by-night",
        "byom_model_explainability_monitor",
        "DeployDev: Failed",
        "ROLLBACK_COMPLETE",
        "2026-11-24 10:20",
    ),
)
_WIDTHS = pytest.mark.parametrize("width", [60, 80, 100, 200])


def _terminal(width: int, colour: bool = False) -> tuple[Console, io.StringIO]:
    screen = io.StringIO()
    system = "standard" if colour else None
    return Console(file=screen, force_terminal=True, width=width, color_system=system, soft_wrap=True), screen  # type: ignore[arg-type]


def _event(resource: str, status: str, *, of_stack: bool = False) -> StackEvent:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    return StackEvent(f"{resource}-{status}", now, resource, "AWS::S3::Bucket", status, "", of_stack)


def _words(rows: Sequence[Sequence[str]]) -> set[str]:
    return {word for row in rows for cell in row for word in cell.split()}


@_WIDTHS
def test_a_table_is_cut_nowhere_and_divides_no_word(width: int) -> None:
    console, screen = _terminal(width)
    console.print(table(_COLUMNS, _ROWS, "Pipelines"))

    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert {word.rstrip(";") for line in lines for word in line.split()} >= _words(_ROWS)
    assert all(any(moment in line for line in lines) for moment in ("2026-11-24 10:20",))


def test_where_columns_have_no_room_each_row_is_a_block() -> None:
    console, screen = _terminal(60)
    console.print(table(_COLUMNS, _ROWS[:1]))

    assert screen.getvalue().splitlines()[1:-1] == [
        "model: diabetes",
        "type: byom_realtime_builtin",
        "stages: DeployDev: InProgress; DeployStaging: Waiting",
        "last execution: InProgress 2026-11-24 10:20",
    ]


@_WIDTHS
def test_a_name_that_is_wider_than_the_terminal_can_be_copied(width: int) -> None:
    """The terminal itself continues the line, so that a copy has no line break in it."""
    arn = f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{'x' * 200}"
    console, screen = _terminal(width)
    console.print(table(("output", "value"), [("Stack", arn)]))

    assert f"value: {arn}" in screen.getvalue().splitlines()


@pytest.mark.parametrize(
    ("state", "colour"),
    [
        ("Deploying", "yellow"),
        ("Waiting for approval", "bold magenta"),
        ("Running", "yellow"),
        ("Succeeded", "green"),
        ("Failed", "red"),
        ("Unhealthy", "red"),
        ("UPDATE_ROLLBACK_COMPLETE", "red"),
        ("CREATE_COMPLETE", "green"),
        ("DELETE_IN_PROGRESS", "yellow"),
        ("a sentence about what Failed", ""),
        ("diabetes", ""),
    ],
)
def test_a_state_has_a_colour_beside_its_word(state: str, colour: str) -> None:
    assert style(state) == colour


def test_states_in_short_lines_of_a_table_are_coloured() -> None:
    console, screen = _terminal(200, colour=True)
    console.print(table(("stages",), [("DeployDev: Failed",)]))

    assert "DeployDev: \x1b[31mFailed\x1b[0m" in screen.getvalue()


@_WIDTHS
def test_a_deployment_is_a_progress_with_what_is_made_now_and_a_summary(width: int) -> None:
    output = Output()
    output.console, screen = _terminal(width)
    with output.following("mlops-orchestrator", 40):
        output.event(_event("mlops-orchestrator", "CREATE_IN_PROGRESS", of_stack=True))
        for number in range(40):
            output.event(_event(f"Resource{number}", "CREATE_IN_PROGRESS"))
            output.event(_event(f"Resource{number}", "CREATE_COMPLETE"))
        output.event(_event("mlops-orchestrator", "CREATE_COMPLETE", of_stack=True))

    shown = screen.getvalue()
    assert "AWS::S3::Bucket" not in shown, "no line of an event"
    assert shown.splitlines()[-1].endswith("mlops-orchestrator: CREATE_COMPLETE, 40 resources in 0:00.")


def test_a_failure_stays_as_a_line_above_the_progress() -> None:
    output = Output()
    output.console, screen = _terminal(100)
    with output.following("root", 2):
        output.event(_event("Bucket", "CREATE_FAILED"))

    assert "Bucket" in screen.getvalue()
    assert "CREATE_FAILED" in screen.getvalue()


@pytest.mark.parametrize("lines", [True, False], ids=["verbose", "in a file"])
def test_each_event_is_a_line_if_nothing_can_change_in_place(lines: bool) -> None:
    output = Output(lines=lines)
    screen = io.StringIO()
    output.console = Console(file=screen, force_terminal=lines, width=200, soft_wrap=True, color_system=None)
    with output.following("root", 1):
        output.event(_event("Bucket", "CREATE_IN_PROGRESS"))
        output.event(_event("Bucket", "CREATE_COMPLETE"))

    assert [line.split()[1] for line in screen.getvalue().splitlines()[:2]] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_progress_counts_and_names_what_is_worked_on() -> None:
    progress = StackProgress("root", 9)
    progress.see(_event("root", "UPDATE_IN_PROGRESS", of_stack=True))
    for name in "ABCDE":
        progress.see(_event(name, "UPDATE_IN_PROGRESS"))
    progress.see(_event("A", "UPDATE_COMPLETE"))

    assert progress.shown(65).plain == "root  UPDATE_IN_PROGRESS  1 of 9 resources  1:05\n  now: B, C, D and 1 more"


def test_what_cloudformation_works_on_is_what_has_begun_and_not_ended() -> None:
    def entry(resource: str, status: str) -> dict[str, object]:
        told = {"EventId": resource, "Timestamp": datetime(2026, 11, 30, tzinfo=UTC), "StackId": "s"}
        return {**told, "LogicalResourceId": resource, "ResourceStatus": status, "PhysicalResourceId": resource}

    newest_first = [
        entry("Api", "UPDATE_IN_PROGRESS"),
        entry("Role", "UPDATE_COMPLETE"),
        entry("Topic", "UPDATE_IN_PROGRESS"),
        entry("Role", "UPDATE_IN_PROGRESS"),
        entry("s", "UPDATE_IN_PROGRESS"),
        entry("Bucket", "CREATE_IN_PROGRESS"),
    ]
    cloudformation = SimpleNamespace(describe_stack_events=lambda **_: {"StackEvents": newest_first})

    assert working_on(cloudformation, "root") == ("Topic", "Api")


@_WIDTHS
def test_a_command_above_what_changes_is_written_once_and_whole(width: int) -> None:
    console, screen = _terminal(width)
    command = f"mlops approve {'x' * 150} staging --local"
    with opened(console) as shown:
        for _ in range(3):
            shown.say(command)
            shown.show(table(_COLUMNS, _ROWS))

    assert screen.getvalue().count(command) == 1


def test_text_has_tabs_between_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Output("text").table(("name", "state"), [("a b", "one\ntwo")], "Title")

    assert capsys.readouterr().out == "name\tstate\na b\tone; two\n"


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (61, "1:01"), (3661, "1:01:01")])
def test_elapsed_time(seconds: float, words: str) -> None:
    assert elapsed(seconds) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            "There is no pipeline x. GET /pipelines lists those that there are.",
            "`mlops list` lists those that there are.",
        ),
        ("There is no type. GET /pipeline-types lists those.", "`mlops pipeline-types list` lists those."),
        ("Next: nothing; GET /pipelines/{id}, or mlops status, tells what", "nothing; `mlops status` tells what"),
    ],
    ids=["list", "types", "details"],
)
def test_routes_of_the_api_are_commands_here(told: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_orchestrator.settings.hints.program", lambda: "mlops")
    assert api_words.as_commands(told).endswith(words)
