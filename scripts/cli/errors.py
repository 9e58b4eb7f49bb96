# SPDX-License-Identifier: Apache-2.0
"""Messages and exit statuses for expected errors: what is wrong, what to do. Programming errors keep a traceback."""

from __future__ import annotations

from typing import Any, Final

from botocore import exceptions

from mlops_orchestrator.aws.api_client import ApiError
from mlops_orchestrator.aws.stack_following import StackFailedError
from mlops_orchestrator.settings.files import SettingsError
from mlops_orchestrator.settings.local_state import NoLocalAwsError
from orchestrator.errors import Problem, RefusedRequestError
from scripts.cli.output import Output, console, table
from scripts.launch.launch_parameters import LaunchParameterError
from scripts.packaging.artifacts import PublishError
from scripts.packaging.dependencies import DependencyError

FAILED: Final = 1
WRONG_USE: Final = 2

_CREDENTIALS: Final = (
    "there are no AWS credentials: sign in (`aws sso login`, `aws configure`), choose a --profile,"
    " or use the local AWS with --local"
)
_WRONG_USES: Final = (
    LaunchParameterError, SettingsError, NoLocalAwsError, exceptions.ProfileNotFound, exceptions.NoRegionError,
)  # fmt: skip
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})


class CommandError(Exception):
    """Failure of a command; `str()` gives the reason and the remedy."""

    status = FAILED


class WrongUseError(CommandError):
    """Wrong use of a command: options or arguments that cannot be used."""

    status = WRONG_USE


def report(error: Exception, output: Output, to: Any) -> int | None:
    """Report an error on the stream `to`, or in JSON. Return the exit status; None for a programming error."""
    if isinstance(error, RefusedRequestError):
        show_problems(str(error).removesuffix(" Nothing was created."), error.problems, output, to)
        return WRONG_USE
    words = _words(error)
    if words is None:
        return None
    output.document({"error": words})
    to.write(f"error: {words}\n")
    return error.status if isinstance(error, CommandError) else _status(error)


def show_problems(message: str, problems: tuple[Problem, ...], output: Output, to: Any) -> None:
    """Show every problem of a request."""
    listed = [{"key": problem.key, "problem": problem.problem} for problem in problems]
    output.document({"message": message, "errors": listed})
    if not output.as_json:
        to.write(f"{message}\n")
        rows = [(problem.key, problem.problem) for problem in problems]
        console(to).print(table(("key", "problem"), rows))


def _status(error: Exception) -> int:
    return WRONG_USE if isinstance(error, _WRONG_USES) else FAILED


def _words(error: Exception) -> str | None:
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return _CREDENTIALS
    if isinstance(error, exceptions.NoRegionError):
        return "there is no AWS Region: give --region, set AWS_REGION, or write region into mlops.toml"
    if isinstance(error, exceptions.ClientError):
        return _words_of_aws(error)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return f"AWS cannot be reached: {error}. Check the network, --region and --endpoint-url"
    known = (
        CommandError, ApiError, PublishError, DependencyError, LaunchParameterError, StackFailedError, OSError,
        SettingsError, NoLocalAwsError, exceptions.BotoCoreError,
    )  # fmt: skip
    return str(error) if isinstance(error, known) else None


def _words_of_aws(error: exceptions.ClientError) -> str:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", "Unknown"), answer.get("Message", "no reason given")
    if code in _EXPIRED:
        return f"your AWS credentials have expired: sign in again ({message})"
    return f"AWS refused {error.operation_name}: {message} ({code})"
