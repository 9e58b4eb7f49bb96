# SPDX-License-Identifier: Apache-2.0
"""The parameters of the CodePipeline templates (contract 2.7; design section 4)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator import fields
from orchestrator.template_parameters import TemplateParameters


class SingleAccountPipelineParameters(TemplateParameters):
    """Parameters of the pipeline that deploys one blueprint into its own account."""

    StackName: Annotated[fields.StackName, Field(description="Stack that the pipeline creates and updates.")]
    PipelinesBucket: Annotated[
        fields.BucketName, Field(description="Bucket of the packaged template and of the pipeline's artifacts.")
    ]
    TemplateZipFileName: Annotated[fields.ObjectKey, Field(description="Key of the packaged template.")]
    TemplateFileName: Annotated[fields.FileName, Field(description="Blueprint template inside the package.")]
    TemplateParamsName: Annotated[fields.FileName, Field(description="Parameter file inside the package.")]
    PipelineRoleArn: Annotated[fields.RoleArn, Field(description="Role that the pipeline works under.")]
    DeployRoleArn: Annotated[
        fields.RoleArn, Field(description="Role under which CloudFormation makes the blueprint's resources.")
    ]
