# SPDX-License-Identifier: Apache-2.0
"""Launch options for an organization, beyond the parameters of the earlier solution; all are optional."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, create_model

from orchestrator.launch.options import HERE, FunctionOptions, LogOptions, NetworkOptions, RoleOptions
from orchestrator.values import operator
from orchestrator.values.common import Expect
from orchestrator.values.per_stage import STAGES
from orchestrator.values.template_parameters import TemplateParameters

GROUP_LABEL: Final = "Options for your organization (all optional)"
REACH_LABEL: Final = "What requests may name (all optional)"

# What tags can have everywhere, less the comma and the first `=`, which divide them here. Upper case counts too.
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_KEY: Final = "(?!aws:|mlops:)[a-z0-9_ ./+@:-]+"
_LONGEST_VALUE: Final = 256
_MOST_TAGS: Final = 20
# A function's environment holds 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_TAGS: Final = 1000
_TAG: Final = f"{_KEY}=[a-z0-9_ ./+@:=-]{{0,{_LONGEST_VALUE}}}"


class ResourceOptions(TemplateParameters):
    """Options for what the solution and its pipelines keep."""

    # CloudFormation's patterns are Java's and may look ahead, as Python's may; those of pydantic's own engine may not.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-regexes.html
    model_config = ConfigDict(regex_engine="python-re")

    ResourceTags: Annotated[
        str,
        Field(
            title="Tags of what pipelines make",
            description=(
                "Tags of everything that pipelines make. For the solution's own resources, give the same tags to this "
                "stack; mlops deploy does both."
            ),
            max_length=_LONGEST_TAGS,
            pattern=f"^(?i:{_TAG}(,{_TAG}){{0,{_MOST_TAGS - 1}}})?$",
        ),
        Expect(
            f"tags as key=value with commas between, {_MOST_TAGS} at most in {_LONGEST_TAGS:,} characters, or empty",
            example="cost-centre=4711,team=harbour",
            but="without keys that begin with aws: or mlops:",
        ),
    ] = ""
    ExistingKmsKeyArn: Annotated[
        operator.OptionalKeyArn,
        Field(
            title="ARN of an existing KMS key",
            description=(
                "Your own key in this Region for what the solution itself keeps. Its policy must let the solution use "
                "it. Empty makes a new key. Choose it at the first launch: a later change replaces the image "
                "repository that the solution made by an empty one."
            ),
        ),
        Expect(
            "the ARN of a KMS key, or empty",
            example="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            but="not of an alias",
        ),
    ] = ""


class OwnLogOptions(LogOptions):
    """Options for the logs of the solution's own functions."""

    LogLevel: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Field(title="Log level", description="Lowest level of the messages that the solution's own functions log."),
        Expect("DEBUG, INFO, WARNING or ERROR"),
    ] = "INFO"


class MessageOptions(TemplateParameters):
    """Options for what people are told."""

    DailyDigestHour: Annotated[
        str,
        Field(
            title="Hour of the daily digest (UTC)",
            description=(
                "Hour of the day, in UTC, at which one message tells what failed, what waits, what monitors found and "
                "what it costs. Empty sends none."
            ),
            max_length=2,
            pattern=r"^([0-9]|1[0-9]|2[0-3])?$",
        ),
        Expect("a whole number from 0 to 23, or empty"),
    ] = ""


class OrganizationOptions(MessageOptions, FunctionOptions, OwnLogOptions, ResourceOptions, RoleOptions):
    """Options of both root templates; those of the last base come first on the console."""

    CustomBlueprintPolicyArn: Annotated[
        str,
        Field(
            title="ARN of a policy for your own pipeline types",
            description=(
                "Managed policy of this account that allows what the blueprints of your own pipeline types need beyond "
                "the built-in ones. Empty allows no more."
            ),
            max_length=2048,
            pattern=r"^(arn:[a-z0-9-]+:iam::[0-9]{12}:policy/[a-zA-Z0-9+=,.@_/-]+)?$",
        ),
        Expect(
            "the ARN of a managed policy of this account, or empty",
            example="arn:aws:iam::111122223333:policy/mlops-blueprints",
        ),
    ] = ""


def _of_stages() -> dict[str, Any]:
    """The options that each stage has for itself, as fields of a model."""
    return {
        f"{stage.capitalize()}{name}": (
            Annotated[(option.annotation, *option.metadata)],
            Field(option.default, title=str(option.title).replace(HERE, stage), description=option.description),
        )
        for stage in STAGES
        for name, option in NetworkOptions.model_fields.items()
    }


_OfStages: Any = create_model("_OfStages", __base__=TemplateParameters, **_of_stages())


class StageOptions(_OfStages):
    """Options that only the multi-account root template has."""

    ApprovalTimeoutMinutes: Annotated[
        str,
        Field(
            title="Minutes that an approval may take",
            description="Minutes after which an undecided approval fails.",
            max_length=5,
            pattern=r"^([5-9]|[1-9][0-9]{1,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)$",
        ),
        Expect("a whole number from 5 to 86400"),
    ] = "10080"


NAMES: Final = frozenset({*OrganizationOptions.model_fields, *StageOptions.model_fields})
"""The options of both classes: a group of their own on the console."""
