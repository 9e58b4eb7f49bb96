# SPDX-License-Identifier: Apache-2.0
"""The accounts of dev, staging and prod: their launch parameters, and what they may read in this one.

The root stack may not write policies of an existing bucket or repository: outputs list the statements to add.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

from awacs import ecr as ecr_actions
from awacs import s3 as s3_actions
from awacs import sagemaker as sagemaker_actions
from awacs import sts
from awacs.aws import Action, Allow, Condition, PolicyDocument, Principal, Statement, StringEquals
from pydantic import Field
from troposphere import GetAtt, Join, Output, Ref, Split, Sub, Template

from generator import arns, iam_roles, names, permissions
from generator.conditions import provided
from generator.root.data import models, storage
from generator.root.launch import LaunchParameters
from generator.root.options import StageOptions
from orchestrator.values import common
from orchestrator.values.common import Expect
from orchestrator.values.per_stage import STAGES

_NAMES: Final = {"dev": "Development", "staging": "Staging", "prod": "Production"}


class MultiAccountLaunchParameters(StageOptions, LaunchParameters):
    """Parameters of the multi-account root template."""

    DelegatedAdminAccount: Annotated[
        common.YesOrNo,
        Field(
            title="Are you using a delegated administrator account (AWS Organizations)?",
            description="Yes when this account is a delegated administrator of CloudFormation StackSets.",
        ),
    ] = "Yes"
    DevAccountId: Annotated[
        common.AccountIds,
        Field(title="Development Account ID (Required)", description="Account of dev, or several with commas between."),
    ]
    DevOrgId: Annotated[
        common.OrganizationalUnitIds,
        Field(
            title="Development Account Organizational Unit ID (Required)",
            description="Organizational unit that holds the accounts of dev.",
        ),
    ]
    StagingAccountId: Annotated[
        common.AccountIds,
        Field(title="Staging Account ID (Required)", description="Account of staging, or several with commas between."),
    ]
    StagingOrgId: Annotated[
        common.OrganizationalUnitIds,
        Field(
            title="Staging Account Organizational Unit ID (Required)",
            description="Organizational unit that holds the accounts of staging.",
        ),
    ]
    ProdAccountId: Annotated[
        common.AccountIds,
        Field(title="Production Account ID (Required)", description="Account of prod, or several with commas between."),
    ]
    ProdOrgId: Annotated[
        common.OrganizationalUnitIds,
        Field(
            title="Production Account Organizational Unit ID (Required)",
            description="Organizational unit that holds the accounts of prod.",
        ),
    ]
    ApprovalAlarmHours: Annotated[
        str,
        Field(
            title="Hours that an approval may wait before an alarm",
            description="Hours that an approval may stay undecided before an alarm.",
            max_length=4,
            pattern=r"^[1-9][0-9]*$",
        ),
        Expect("a whole number from 1"),
    ] = "72"


def ids() -> list[Ref]:
    """The accounts of each stage, one id or several with commas between."""
    return [Ref(f"{stage.capitalize()}AccountId") for stage in STAGES]


def principals() -> Principal:
    """Every account of every stage."""
    return Principal("AWS", _every())


def compare_models() -> Statement:
    """Assume the roles by which models are compared in the accounts of the stages, and in no others."""
    role = Sub(f"arn:${{AWS::Partition}}:iam::*:role${{{iam_roles.PATH}}}{names.COMPARING_PREFIX}*")
    return permissions.allow([sts.AssumeRole], role, Condition(StringEquals("aws:ResourceAccount", _every())))


def _every() -> Split:
    return Split(",", Join(",", ids()))


def read_assets() -> list[Statement]:
    """Models and data, for the bucket's policy."""
    arn = GetAtt(storage.ASSETS, "Arn")
    return [
        _allowed("ReadObjects", [s3_actions.GetObject], arns.objects_in(arn)),
        _allowed("ListObjects", [s3_actions.ListBucket], arn),
    ]


_PULL: Final = [
    ecr_actions.BatchCheckLayerAvailability,
    ecr_actions.BatchGetImage,
    ecr_actions.DescribeImages,
    ecr_actions.DescribeRepositories,
    ecr_actions.GetDownloadUrlForLayer,
]


def pull_images() -> PolicyDocument:
    """Images, for the repository's policy, which knows no resource but the repository."""
    return permissions.document(Statement(Sid="PullImages", Effect=Allow, Principal=principals(), Action=_PULL))


def use_model_packages() -> PolicyDocument:
    """Versions of models, for the policy of the model package group: a statement for each kind of resource, as AWS's.

    It is unknown whether SageMaker accepts one with actions of both kinds (lesson 128).
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
    """
    of_versions = [
        sagemaker_actions.CreateModel,
        sagemaker_actions.DescribeModelPackage,
        sagemaker_actions.ListModelPackages,
    ]
    name = {"Group": models.package_group_name()}
    group = arns.regional("sagemaker", "model-package-group/${Group}", **name)
    versions = arns.regional("sagemaker", "model-package/${Group}/*", **name)
    return permissions.document(
        _allowed("ShowModelPackageGroup", [sagemaker_actions.DescribeModelPackageGroup], group),
        _allowed("UseModelPackages", of_versions, versions),
    )


def _allowed(sid: str, actions: Sequence[Action], *resources: Any) -> Statement:
    return Statement(Sid=sid, Effect=Allow, Principal=principals(), Action=list(actions), Resource=list(resources))


def add_instructions(template: Template) -> None:
    """Outputs that hold the policy statements to attach by hand, ready to paste."""
    accounts = Join('","', Split(",", Join(",", ids())))
    bucket = "arn:${AWS::Partition}:s3:::${ExistingS3Bucket}"
    instructions = {
        "AssetsBucketPolicyToAdd": (
            "ExistingS3Bucket",
            "Add this to the policy of your bucket: without it the other accounts cannot read models",
            {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [bucket, f"{bucket}/*"]},
        ),
        "EcrRepositoryPolicyToAdd": (
            "ExistingECRRepo",
            "Add this to the policy of your repository: without it the other accounts cannot pull images",
            {"Action": [f"ecr:{action.action}" for action in _PULL]},
        ),
    }
    for name, (parameter, description, allowed) in instructions.items():
        statement = {"Effect": "Allow", "Principal": {"AWS": ["${Accounts}"]}, **allowed}
        template.add_output(
            Output(
                name,
                Description=description,
                Condition=provided(template, parameter),
                Value=Sub(json.dumps(statement), Accounts=accounts),
            )
        )
