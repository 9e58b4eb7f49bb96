# SPDX-License-Identifier: Apache-2.0
"""`mlops mail`: the mails that the local AWS has sent, as subscribers of the topic would have got them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws import local_mail
from mlops_orchestrator.settings import hints
from scripts.cli import connection
from scripts.cli.display import api_words, letters
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Access
from scripts.cli.output import Output

_ONLY_LOCAL: Final = (
    "AWS sends mails to the addresses that are subscribed to the topic, so they are in your inbox; only a local AWS"
    " keeps them to be read here. docs/notifications.md tells how to subscribe"
)
_LAST: Final = "last"
_NO_SUBJECT: Final = "(no subject)"


@dataclass(frozen=True)
class Mail:
    """Mail, as the local AWS keeps it."""

    number: int
    sent_at: str
    to: Sequence[str]
    subject: str
    text: str

    def description(self) -> dict[str, Any]:
        """Return the mail as JSON output has it."""
        told = {"number": self.number, "sent_at": self.sent_at, "to": list(self.to)}
        return {**told, "subject": self.subject, "text": self.text}


def run(access: Access, number: str) -> None:
    """List all mails, or show that of a number, or the `last`. Raise WrongUseError if it is not there."""
    output, mails = Output(access.form), _kept(access)
    if number:
        _show(_found(mails, number), output)
    else:
        _list(mails, output, access.flags)


def _kept(access: Access) -> list[Mail]:
    aws = connection.aws(access)
    if not aws.is_local:
        raise WrongUseError(_ONLY_LOCAL)
    mails = local_mail.kept(aws)
    return [Mail(one["number"], one["sent_at"], one["to"], one["subject"], one["text"]) for one in mails]


def _list(mails: Sequence[Mail], output: Output, flags: str) -> None:
    output.document({"mails": [mail.description() for mail in mails]})
    if not mails:
        output.say("The topic has sent no mail yet.")
        return
    rows = [(str(mail.number), mail.sent_at[11:16], mail.subject or _first_words(mail)) for mail in mails]
    output.table(("", "at", "subject"), rows)
    output.say(f"to read one: {hints.command(f'mail {mails[-1].number}{flags}')}")


def _first_words(mail: Mail) -> str:
    first, *_ = letters.lines(mail.text) or [""]
    return f"{_NO_SUBJECT} {first}"


def _found(mails: Sequence[Mail], number: str) -> Mail:
    if not mails:
        raise WrongUseError(f"there is no mail {number}: none was sent yet")
    if number == _LAST:
        return mails[-1]
    for mail in mails:
        if str(mail.number) == number:
            return mail
    raise WrongUseError(f"there is no mail {number}: give {mails[0].number} to {mails[-1].number}, or {_LAST}")


def _show(mail: Mail, output: Output) -> None:
    output.document(mail.description())
    output.say(f"To: {', '.join(mail.to)}")
    output.say(f"At: {mail.sent_at}")
    output.say(f"Subject: {mail.subject or _NO_SUBJECT}")
    output.say("")
    for line in letters.lines(api_words.as_commands(mail.text), output.width):
        output.say(line)
