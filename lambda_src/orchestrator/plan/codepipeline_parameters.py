# SPDX-License-Identifier: Apache-2.0
"""The parameters of the CodePipeline templates (compatibility 2.7)."""

from typing import Annotated

from pydantic import Field

from orchestrator.values import common
from orchestrator.values.template_parameters import TemplateParameters


class PipelineParameters(TemplateParameters):
    """Parameters of every pipeline that deploys a packaged blueprint."""

    StackName: Annotated[common.StackName, Field(description="Stack that the pipeline creates and updates.")]
    PipelinesBucket: Annotated[
        common.BucketName, Field(description="Bucket of the packaged template and of the pipeline's artifacts.")
    ]
    TemplateZipFileName: Annotated[common.ObjectKey, Field(description="Key of the packaged template.")]
    TemplateFileName: Annotated[common.FileName, Field(description="Blueprint template inside the package.")]
    PipelineRoleArn: Annotated[common.RoleArn, Field(description="Role that the pipeline works under.")]


class SingleAccountPipelineParameters(PipelineParameters):
    """Parameters of the pipeline that deploys one blueprint into its own account."""

    TemplateParamsName: Annotated[common.FileName, Field(description="Parameter file inside the package.")]
    DeployRoleArn: Annotated[
        common.RoleArn, Field(description="Role under which CloudFormation makes the blueprint's resources.")
    ]


class MultiAccountPipelineParameters(PipelineParameters):
    """Parameters of the pipeline that deploys one blueprint through dev, staging and prod (compatibility 4.3)."""

    DevParamsName: Annotated[common.FileName, Field(description="Parameter file of dev inside the package.")]
    StagingParamsName: Annotated[common.FileName, Field(description="Parameter file of staging inside the package.")]
    ProdParamsName: Annotated[common.FileName, Field(description="Parameter file of prod inside the package.")]
    DevAccountId: Annotated[common.AccountIds, Field(description="Accounts of dev.")]
    DevOrgId: Annotated[common.OrganizationalUnitIds, Field(description="Organizational units of those accounts.")]
    StagingAccountId: Annotated[common.AccountIds, Field(description="Accounts of staging.")]
    StagingOrgId: Annotated[common.OrganizationalUnitIds, Field(description="Organizational units of those accounts.")]
    ProdAccountId: Annotated[common.AccountIds, Field(description="Accounts of prod.")]
    ProdOrgId: Annotated[common.OrganizationalUnitIds, Field(description="Organizational units of those accounts.")]
    StageFunctionName: Annotated[common.FunctionName, Field(description="Function that deploys a stage.")]
    NotificationsTopicArn: Annotated[common.TopicArn, Field(description="Topic that asks for approvals.")]
    ApprovalTimeoutMinutes: Annotated[
        int, Field(ge=5, le=86_400, description="Minutes after which an approval that nobody decides fails.")
    ]
    SmokeTested: Annotated[
        str, Field(description="yes if approvals tell what the smoke test of the stage before has found; empty if not.")
    ] = ""
