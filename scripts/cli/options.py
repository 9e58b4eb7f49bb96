# SPDX-License-Identifier: Apache-2.0
"""Groups of options, each declared once as a dataclass and used by many commands."""

from __future__ import annotations

import functools
import inspect
import itertools
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args, get_type_hints

import typer

from mlops_orchestrator.settings import effective
from mlops_orchestrator.settings.effective import Given
from mlops_orchestrator.settings.files import SettingsError
from scripts.cli import completing

if TYPE_CHECKING:
    from mlops_orchestrator.settings.choosing import Chosen

Form = Literal["json", "text", "table"]
Option = Literal["single-account", "multi-account"]

ApiStack = Annotated[
    str | None,
    typer.Option("--stack-name", help="Root stack to ask; otherwise MLOPS_API_URL, or that of the settings."),
]
RequestFile = Annotated[str, typer.Argument(metavar="FILE", help="A request in JSON; - reads standard input.")]
RoleArn = Annotated[
    str, typer.Option(metavar="ARN", help="Role that CloudFormation works under; it remembers it for the stack.")
]


Pipeline = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="model, model/type such as churn/realtime, stack name, or pipeline_id.",
        autocompletion=completing.pipelines,
    ),
]


@dataclass(frozen=True)
class Answering:
    """Form of a command's output."""

    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines: --output json.")] = False
    output: Annotated[
        Form | None,
        typer.Option(help="Form of the answer; text has tabs between the columns of a table."),
    ] = None

    @property
    def form(self) -> Form:
        """Form that was asked for, in the command or in the settings, or the one for people."""
        if self.output or self.as_json:
            return self.output or "json"
        return cast(Form, effective.settings(Given()).output.value)


@dataclass(frozen=True)
class Access(Answering):
    """AWS that a command uses, and the form of its output."""

    profile: Annotated[str | None, typer.Option(help="Profile of your AWS configuration.")] = None
    region: Annotated[str | None, typer.Option(help="AWS Region; otherwise that of the settings.")] = None
    local: Annotated[
        bool, typer.Option("--local", help="Use the local AWS that `mlops local` runs in this folder or above it.")
    ] = False
    endpoint_url: Annotated[str, typer.Option(envvar="AWS_ENDPOINT_URL", help="Address of a local AWS.")] = ""

    @property
    def lines(self) -> bool:
        """Whether each event is a line of its own, on a terminal too."""
        return False

    @property
    def given(self) -> Given:
        """Settings among these options."""
        return Given(profile=self.profile or "", region=self.region or "")

    @functools.cached_property
    def chosen(self) -> Chosen:
        """AWS that these options, the environment or the files choose, looked for once. Notices are told."""
        from mlops_orchestrator.settings import choosing

        found = choosing.choose(self.given, local=self.local, endpoint_url=self.endpoint_url)
        for notice in filter(None, (*found.settings.found.notices, found.notice)):
            sys.stderr.write(f"note: {notice}\n")
        return found

    @property
    def flags(self) -> str:
        """Options for the same AWS in a following command, each with a leading space."""
        endpoint = "" if self.endpoint_url == os.environ.get("AWS_ENDPOINT_URL") else self.endpoint_url
        named = {"--profile": self.profile, "--region": self.region, "--endpoint-url": endpoint}
        given = [f" {name} {shlex.quote(value)}" for name, value in named.items() if value]
        return "".join([*given, *([" --local"] if self.local else [])])


@dataclass(frozen=True)
class Acting(Access):
    """AWS that a command changes while somebody looks on."""

    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each event, on a terminal too.")] = False

    @property
    def lines(self) -> bool:
        """Whether each event is a line of its own."""
        return self.verbose


@dataclass(frozen=True)
class Asked:
    """Options of every command about a pipeline: the orchestrator, and whether to follow the pipeline."""

    access: Access
    stack_name: str | None
    watch: bool = False

    @property
    def flags(self) -> str:
        """Options for the same API in a following command, each with a leading space."""
        return f"{self.access.flags}{f' --stack-name {self.stack_name}' if self.stack_name else ''}"


def form_of(arguments: Sequence[str]) -> Form:
    """Return the form of output that a command line asks for, whatever else is wrong with it."""
    given = [word.removeprefix("--output=") for word in arguments if word.startswith("--output=")]
    given += [word for before, word in itertools.pairwise(arguments) if before == "--output"]
    found = next((form for form in get_args(Form) if form in given), None)
    try:
        return Answering(as_json="--json" in arguments, output=found).form
    except SettingsError:
        return "table"


@dataclass(frozen=True)
class Serving:
    """Local AWS to run."""

    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0
    ready_file: Annotated[Path | None, typer.Option(help="File to write when everything is ready.")] = None
    email: Annotated[str, typer.Option(help="Address of the notifications.")] = "mlops@example.com"
    iam: Annotated[bool, typer.Option("--iam/--no-iam", help="Refuse roles what their policies do not allow.")] = True


@dataclass(frozen=True)
class Among:
    """Pipelines among which a command looks for the one that it is about."""

    stack_name: ApiStack = None
    pipeline_type: Annotated[
        str,
        typer.Option("--type", help="Type of the pipeline, if its model has several.", autocompletion=completing.types),
    ] = ""

    def named(self, pipeline: str) -> str:
        """Return the pipeline as the API takes it. Raise BadParameter for a type beside a name that has one."""
        if not self.pipeline_type:
            return pipeline
        if "/" in pipeline:
            raise typer.BadParameter(f"{pipeline} names one pipeline already: leave --type out")
        return f"{pipeline}/{self.pipeline_type}"


def of_no_pipeline(name: str) -> str:
    """Return the name, unless the root stack's roles would have names like those that pipelines may change."""
    from orchestrator.pipeline_types.base import STACK_PREFIX

    if name.startswith(f"{STACK_PREFIX}-"):
        raise typer.BadParameter(f"{name} begins with {STACK_PREFIX}-, as the stacks of pipelines do: choose another")
    return name


RootStack = Annotated[
    str | None,
    typer.Option(
        "--stack-name",
        help="Name of the root stack; otherwise that of the settings.",
        callback=lambda name: name and of_no_pipeline(name),
    ),
]


@dataclass(frozen=True)
class Stack:
    """Root stack to launch."""

    option: Annotated[
        Option | None, typer.Option(help="Deployment option; otherwise that of the settings, or single-account.")
    ] = None
    stack_name: RootStack = None
    email: Annotated[
        str, typer.Option(help="Address that receives the notifications; needed for the first launch.")
    ] = ""
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A launch parameter of the template; repeat for more."),
    ] = None
    parameters: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Launch parameters, and perhaps tags, in JSON or YAML; --param wins."),
    ] = None
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A tag of everything that is made; repeat for more. Others stay."),
    ] = None
    role_arn: RoleArn = ""


@dataclass(frozen=True)
class Verification:
    """Options of a verification, or of the clean-up after an earlier one."""

    extras: Annotated[
        str, typer.Option("--with", metavar="NAMES", help="More, with commas between: multi-account,builds,autopilot.")
    ] = ""
    parameters: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accounts and units of the stages, for --with multi-account.")
    ] = None
    email: Annotated[str, typer.Option(help="Address of the notifications; AWS asks it to confirm.")] = (
        "mlops-verify@example.com"
    )
    clean: Annotated[bool, typer.Option("--clean", help="Only remove what an interrupted verification has left.")] = (
        False
    )
    name: Annotated[
        str, typer.Option(help="With --clean: name of the verification; otherwise those on record in this folder.")
    ] = ""


@dataclass(frozen=True)
class Rules:
    """Launch options that decide which requests are valid."""

    option: Annotated[Option | None, typer.Option(help="Deployment option of the orchestrator.")] = None
    use_model_registry: Annotated[
        bool | None,
        typer.Option(
            "--use-model-registry/--no-model-registry", help="Whether the orchestrator deploys from the model registry."
        ),
    ] = None
    region: Annotated[str | None, typer.Option(help="AWS Region of the orchestrator.")] = None


@dataclass(frozen=True)
class Offline(Rules):
    """The same for a request; what is not given is that of the local AWS or of the settings."""

    local: Annotated[
        bool, typer.Option("--local", help="As the local AWS that `mlops local` runs in this folder or above it.")
    ] = False


@dataclass(frozen=True)
class Asking:
    """Options of `mlops check`: the orchestrator that is asked."""

    profile: Annotated[str | None, typer.Option(help="Profile of your AWS configuration.")] = None
    endpoint_url: Annotated[str, typer.Option(envvar="AWS_ENDPOINT_URL", help="Address of a local AWS.")] = ""
    stack_name: ApiStack = None
    offline: Annotated[
        bool, typer.Option("--offline", help="Only validate; do not ask an orchestrator what is there.")
    ] = False


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Offer the fields of a command's dataclass parameters as options, and pass the dataclasses to the command."""
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters
    groups = {name: hints[name] for name in own if is_dataclass(hints[name])}

    @functools.wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    plain = [parameter.replace(annotation=hints[name]) for name, parameter in own.items() if name not in groups]
    parameters = [*plain, *(option for group in groups.values() for option in _options(group))]
    shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__dict__.update(__signature__=inspect.Signature(shown))
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return run


def _options(group: type[Any]) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        kind = inspect.Parameter.KEYWORD_ONLY
        yield inspect.Parameter(field.name, kind, default=default, annotation=hints[field.name])
