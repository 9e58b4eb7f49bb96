# SPDX-License-Identifier: Apache-2.0
"""Messages and exit statuses for expected errors: what is wrong, what to do. Programming errors keep a traceback.

A program gets each of them, whoever found it, as `{"error": {...}}`: see docs/machine-output.md.
"""

from __future__ import annotations

import os
import shlex
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import typer
from botocore import exceptions

from mlops_orchestrator.aws.stack_following import StackFailedError
from mlops_orchestrator.errors import MlopsError, NotFound, RequestRefused
from mlops_orchestrator.settings import hints
from mlops_orchestrator.settings.effective import ENDPOINT_VARIABLE
from mlops_orchestrator.settings.files import SettingsError
from orchestrator.errors import Problem, RefusedRequestError
from scripts.cli.display import api_words
from scripts.cli.output import Output, console, table
from scripts.launch.launch_parameters import LaunchParameterError
from scripts.packaging.artifacts import PublishError
from scripts.packaging.dependencies import DependencyError

FAILED: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130

_CREDENTIALS: Final = (
    "there are no AWS credentials: sign in (`aws sso login`, `aws configure`), choose a --profile,"
    " or use the local AWS with --local"
)
_WRONG_USES: Final = (
    LaunchParameterError, SettingsError, RequestRefused, NotFound, exceptions.ProfileNotFound, exceptions.NoRegionError,
)  # fmt: skip
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# The base of all mistakes in options and arguments has no public name in all versions of the library.
_WRONG_USAGE: Final[Any] = typer.BadParameter.__mro__[2]
_NOTHING_CREATED: Final = " Nothing was created."


@dataclass(frozen=True)
class Failure:
    """Failure of a command: what a person reads, and what a program gets."""

    message: str
    status: int = FAILED
    problems: tuple[Problem, ...] = ()
    code: str = ""
    """Name of the kind of failure, such as `AccessDenied`; empty if there is none."""
    more: tuple[tuple[str, str], ...] = ()
    """Names and texts of what else is known, such as the id that the log has it under."""
    http: int = 0
    """Status of the API's answer; 0 if it was not asked."""

    def document(self) -> dict[str, Any]:
        """Return the form for programs. Lines below the message's first are problems, too."""
        message, *lines = self.message.split("\n  ")
        problems = [*self.problems, *(Problem("", line) for line in lines)]
        listed = [{"key": problem.key, "problem": problem.problem} for problem in problems]
        code = {"code": self.code} if self.code else {}
        http = {"status": self.http} if self.http else {}
        return {"error": {"message": message, "errors": listed, **code, **http, **dict(self.more)}}


class CommandError(Exception):
    """Failure of a command; `str()` gives the reason and the remedy."""

    status = FAILED

    def failure(self) -> Failure:
        """Return what is told of it."""
        return Failure(str(self), self.status)


class WrongUseError(CommandError):
    """Wrong use of a command: options or arguments that cannot be used."""

    status = WRONG_USE


class InterruptedCommandError(CommandError):
    """Ctrl-C; `str()` says what goes on, and how to look again."""

    status = INTERRUPTED

    def failure(self) -> Failure:
        """Return what is told of it."""
        return Failure(str(self), INTERRUPTED, code="Interrupted")


def interrupted(arguments: Sequence[str]) -> InterruptedCommandError:
    """Return the error of a command that was interrupted somewhere."""
    again = hints.command(shlex.join(arguments))
    return InterruptedCommandError(f"interrupted: what AWS has begun goes on. The same command looks again: {again}")


@contextmanager
def interruptible(what_goes_on: str, command: str) -> Iterator[None]:
    """Have Ctrl-C in the block say what goes on, such as `the deployment`, and the command that looks again."""
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedCommandError(f"interrupted: {what_goes_on} goes on. Look again with: {command}") from None


def report(error: Exception, output: Output, to: Any) -> int | None:
    """Report an error on the stream `to`, or in JSON. Return the exit status; None for a programming error."""
    found = _failure(error)
    if found is None:
        message = traceback.format_exception_only(error)[-1].strip()
        output.failure(Failure(message, code="Unexpected").document())
        return None
    show(found, output, to)
    return found.status


def told(error: Exception) -> str:
    """Return what is told of an expected error, in a sentence without its full stop."""
    found = _failure(error)
    return (found.message if found else str(error)).rstrip(".")


def show(failure: Failure, output: Output, to: Any) -> None:
    """Show a failure: on the stream `to`, and in JSON if a program reads the output."""
    output.failure(failure.document())
    to.write(f"error: {failure.message}{f' (HTTP {failure.http})' if failure.http else ''}\n")
    if output.as_json:
        return
    if failure.problems:
        rows = [(problem.key, problem.problem) for problem in failure.problems]
        console(to).print(table(("key", "problem"), rows))
    for name, text in failure.more:
        to.write(f"{name}: {text}\n")


def _failure(error: Exception) -> Failure | None:
    if isinstance(error, _WRONG_USAGE):
        return Failure(error.format_message(), WRONG_USE, code="Usage")
    if isinstance(error, CommandError):
        return error.failure()
    return _failure_of_others(error)


def _failure_of_others(error: Exception) -> Failure | None:
    """Return what is told of an error that is none of the command line's own."""
    if isinstance(error, RefusedRequestError):
        return Failure(str(error).removesuffix(_NOTHING_CREATED), WRONG_USE, error.problems, "BadRequest")
    if isinstance(error, MlopsError):
        return _failure_of_client(error)
    if isinstance(error, exceptions.ClientError):
        return _failure_of_aws(error)
    words = _words(error)
    return None if words is None else Failure(words, _status(error))


def _status(error: Exception) -> int:
    return WRONG_USE if isinstance(error, _WRONG_USES) else FAILED


def _words(error: Exception) -> str | None:
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return _CREDENTIALS
    if isinstance(error, exceptions.NoRegionError):
        return "there is no AWS Region: give --region, set AWS_REGION, or write region into mlops.toml"
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return _unreachable(error)
    known = (
        PublishError, DependencyError, LaunchParameterError, StackFailedError, OSError, SettingsError,
        exceptions.BotoCoreError,
    )  # fmt: skip
    return str(error) if isinstance(error, known) else None


def _unreachable(error: exceptions.HTTPClientError | exceptions.ConnectionError) -> str:
    address = os.environ.get(ENDPOINT_VARIABLE, "")
    if address and f'"{address}' in str(error):
        return (
            f"nothing answers at {address}, which {ENDPOINT_VARIABLE} names: run `{hints.command('local')}` and take"
            f" the environment that it prints, or unset {ENDPOINT_VARIABLE}"
        )
    return f"AWS cannot be reached: {error}. Check the network, --region and --endpoint-url"


def _failure_of_client(error: MlopsError) -> Failure:
    """Return what the client says, with all problems of the request, in the words of the command line."""
    problems = tuple(Problem(one.key, api_words.as_commands(one.problem)) for one in error.problems)
    known = (("detail", error.detail), ("request_id", error.request_id))
    more = tuple((name, text) for name, text in known if text)
    http = error.status or 0
    code = _code_of(http) if http else ""
    return Failure(api_words.as_commands(error.message), _status(error), problems, code, more, http)


def _failure_of_aws(error: exceptions.ClientError) -> Failure:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", "Unknown"), answer.get("Message", "no reason given")
    if code in _EXPIRED:
        return Failure(f"your AWS credentials have expired: sign in again ({message})", code=code)
    return Failure(f"AWS refused {error.operation_name}: {message} ({code})", code=code)


def _code_of(status: int) -> str:
    """Return an HTTP status as a name, such as `NotFound`."""
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "")
    except ValueError:
        return str(status)
