# SPDX-License-Identifier: Apache-2.0
"""Launch parameters (compatibility 1.1), and the conditions that follow from their values."""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field
from troposphere import Condition, Equals, Or, Ref, Template

from generator import conditions, parameters
from generator.root import options
from generator.root.options import OrganizationOptions
from orchestrator.launch.options import ReachOptions, variable
from orchestrator.values import common, monitors
from orchestrator.values.common import Expect
from orchestrator.values.template_parameters import TemplateParameters

_GROUP_LABEL: Final = "MLOps Framework Settings"
_CODE_GROUP_LABEL: Final = "Code of the solution (filled in by `mlops publish`)"


class LaunchParameters(ReachOptions, OrganizationOptions):
    """Parameters of both root templates, in the order of the console within each of its groups."""

    NotificationEmail: Annotated[
        str,
        Field(
            title="Notification Email (Required)",
            description="Address that receives the notifications of all pipelines.",
            min_length=5,
            max_length=320,
            pattern=r"^[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$",
        ),
        Expect("an e-mail address"),
    ]
    ConfigS3Bucket: Annotated[
        common.OptionalBucketName,
        Field(
            title="MLOps configuration S3 bucket name (Optional)",
            description="Existing bucket in which mlops-config.json files are dropped; empty makes a new one.",
        ),
    ] = ""
    ExistingS3Bucket: Annotated[
        common.OptionalBucketName,
        Field(
            title="Name of an Existing S3 Bucket (Optional)",
            description="Existing versioned bucket for models and data; empty makes a new one.",
        ),
    ] = ""
    ExistingECRRepo: Annotated[
        str,
        Field(
            title="Name of an Existing Amazon ECR repository (Optional)",
            description="Existing repository for images of custom algorithms; empty makes a new one.",
            max_length=256,
            pattern=r"^(([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*)?$",
        ),
        Expect("the name of an ECR repository in this Region, or empty"),
    ] = ""
    UseModelRegistry: Annotated[
        common.YesOrNo,
        Field(
            title="Do you want to use SageMaker Model Registry?",
            description="Yes deploys versions of model packages instead of images and artifacts.",
        ),
    ] = "No"
    CreateModelRegistry: Annotated[
        common.YesOrNo,
        Field(
            title="Do you want the solution to create a SageMaker's model package group?",
            description="Yes makes a model package group for your models.",
        ),
    ] = "No"
    MonitorEngine: Annotated[
        monitors.LaunchedEngine,
        Field(
            title="What does the work of monitors?",
            description=(
                "Open runs the solution's own engine in every account and Region. SageMaker uses Model Monitor and "
                "Clarify, which AWS has closed to new customers. A request can choose for itself."
            ),
        ),
    ] = "Open"
    AutomaticRetraining: Annotated[
        common.YesOrNo,
        Field(
            title="May monitors have models trained again?",
            description=(
                "Yes lets a run of a monitor that found violations start the training pipeline that its request names. "
                "No starts nothing, and leaves out the permissions for it."
            ),
        ),
    ] = "No"
    AllowDetailedErrorMessage: Annotated[
        common.YesOrNo,
        Field(
            title="Do you want to allow detailed error messages in the APIs response?",
            description="No keeps the words of AWS services out of answers and notifications. The log always has them.",
        ),
    ] = "Yes"
    AlarmErrorCount: Annotated[
        str,
        Field(
            title="Errors within five minutes that raise an alarm",
            description="Number of server errors of the API, or of failed or throttled invocations of functions.",
            max_length=6,
            pattern=r"^[1-9][0-9]*$",
        ),
        Expect("a whole number from 1"),
    ] = "3"
    SetApiLoggingRole: Annotated[
        common.YesOrNo,
        Field(
            title="Do you want to set the logging role of API Gateway?",
            description=(
                "An account has one in each Region. Choose No where one is set already, which Yes would replace for "
                "all APIs; mlops deploy chooses by what it finds."
            ),
        ),
    ] = "Yes"
    ArtifactBucket: Annotated[
        common.BucketName,
        Field(
            title="Bucket of the solution's code and templates",
            description="Bucket to which mlops publish uploaded the solution, in this Region.",
        ),
    ]
    ArtifactPrefix: Annotated[
        str,
        Field(
            title="Published version",
            description="Prefix of the published version in that bucket.",
            min_length=1,
            # It becomes the value of a tag (lesson 122).
            max_length=256,
            pattern=r"^[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$",
        ),
        Expect("a key prefix without slashes at its ends"),
    ]


_CODE_PARAMETERS: Final = ("ArtifactBucket", "ArtifactPrefix")

CREATE_ASSETS_BUCKET: Final = "CreateS3Bucket"
CREATE_REPOSITORY: Final = "CreateECRRepo"
CREATE_CONFIG_BUCKET: Final = "CreateConfigBucket"
CREATE_MODEL_REGISTRY: Final = "CreateModelRegistryCondition"
RETRAINS: Final = "RetrainsAutomatically"
_ANY_BUCKET: Final = "AnyBucketProvided"


def add_to(template: Template, declared: type[TemplateParameters]) -> None:
    """Add parameters, their console layout and their conditions."""
    parameters.declare(template, declared)
    template.set_metadata({"AWS::CloudFormation::Interface": _interface(declared)})
    template.add_condition(CREATE_ASSETS_BUCKET, Equals(Ref("ExistingS3Bucket"), ""))
    template.add_condition(CREATE_REPOSITORY, Equals(Ref("ExistingECRRepo"), ""))
    template.add_condition(CREATE_CONFIG_BUCKET, Equals(Ref("ConfigS3Bucket"), ""))
    template.add_condition(CREATE_MODEL_REGISTRY, Equals(Ref("CreateModelRegistry"), "Yes"))
    template.add_condition(RETRAINS, Equals(Ref("AutomaticRetraining"), "Yes"))


def variables(names: Iterable[str]) -> dict[str, Ref]:
    """The environment variables in which a function finds the values of launch parameters."""
    return {variable(name): Ref(name) for name in names}


def bucket_is_given(template: Template, parameter: str) -> str:
    """Name of the condition that the operator named a bucket of their own by this parameter."""
    return conditions.provided(template, parameter)


def any_bucket_is_given(template: Template, *parameters: str) -> str:
    """Name of the condition that the operator named at least one of these buckets."""
    given = [Condition(bucket_is_given(template, parameter)) for parameter in parameters]
    template.conditions.setdefault(_ANY_BUCKET, Or(*given))
    return _ANY_BUCKET


def groups(declared: type[TemplateParameters]) -> dict[str, list[str]]:
    """Label of each group of the console -> its parameters, in the console's order."""
    others = options.NAMES.union(ReachOptions.model_fields, _CODE_PARAMETERS)
    return {
        _GROUP_LABEL: [name for name in declared.model_fields if name not in others],
        options.REACH_LABEL: list(ReachOptions.model_fields),
        options.GROUP_LABEL: [name for name in declared.model_fields if name in options.NAMES],
        _CODE_GROUP_LABEL: list(_CODE_PARAMETERS),
    }


def _interface(declared: type[TemplateParameters]) -> dict[str, object]:
    shown = [{"Label": {"default": label}, "Parameters": names} for label, names in groups(declared).items()]
    labels = {name: {"default": field.title} for name, field in declared.model_fields.items()}
    return {"ParameterGroups": shown, "ParameterLabels": labels}
