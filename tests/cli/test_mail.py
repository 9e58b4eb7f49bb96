# SPDX-License-Identifier: Apache-2.0
"""`mlops mail`: what the local AWS has sent, and how it is shown."""

from __future__ import annotations

import json

import pytest

from scripts.cli.display import letters
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running


@pytest.fixture
def sent(local: Running) -> int:
    """A mail of the solution's topic; its number."""
    sns = local.client("sns")
    topic = local.ready["outputs"]["NotificationsTopicArn"]
    sns.publish(TopicArn=topic, Subject="MLOps pipeline SUCCEEDED: by-mail", Message="It has ended. " * 10)
    return 1


def test_mails_are_listed_and_one_is_read(sent: int, mlops: Mlops) -> None:
    listed = mlops("mail", "--local")
    assert "MLOps pipeline SUCCEEDED: by-mail" in listed.out
    assert mlops(*listed.out.splitlines()[-1].removeprefix("to read one: mlops ").split()).status == 0

    # The last may be another test's.
    (answer,) = mlops("mail", "--local", "--json").documents
    number = next(one["number"] for one in reversed(answer["mails"]) if one["subject"].endswith("by-mail"))
    read = mlops("mail", str(number), "--local")
    assert (listed.status, read.status) == (0, 0)
    head, text = read.out.split("\n\n", 1)
    assert head.splitlines()[0] == "To: mlops@example.com"
    assert max(map(len, text.splitlines())) <= 78


def test_a_program_gets_all_of_them(sent: int, mlops: Mlops) -> None:
    (answer,) = mlops("mail", "--local", "--json").documents
    last = answer["mails"][-1]

    assert last.keys() == {"number", "sent_at", "to", "subject", "text"}
    (read,) = mlops("mail", "last", "--local", "--json").documents
    assert read.keys() == last.keys()
    # One more may have come since.
    assert read == last or read["number"] > last["number"]


def test_a_mail_that_is_not_there_says_which_are(sent: int, mlops: Mlops) -> None:
    ended = mlops("mail", "99999", "--local")

    assert ended.status == 2
    assert "there is no mail 99999: give 1 to " in ended.err


def test_aws_sends_mails_to_inboxes(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = mlops("mail", "--region", "eu-west-1")

    assert ended.status == 2
    assert "they are in your inbox" in ended.err


def test_an_approval_is_read_as_lines_and_not_as_json() -> None:
    approval = {
        "pipelineName": "p-1",
        "actionName": "DeployStaging",
        "externalEntityLink": None,
        "customData": "Please",
    }
    text = json.dumps({"region": "us-east-1", "consoleLink": "https://c", "approval": approval})

    assert letters.lines(text) == [
        "region: us-east-1",
        "console link: https://c",
        "pipeline name: p-1",
        "action name: DeployStaging",
        "custom data: Please",
    ]


def test_what_is_to_be_copied_is_not_wrapped() -> None:
    command = f"mlops status {'x' * 90} --watch"
    link = f"https://example.com/{'y' * 90}"

    assert letters.lines(f"{'word ' * 20}\n{command}\n{link}") == [
        ("word " * 15).strip(),
        "word " * 4 + "word",
        command,
        link,
    ]
