# SPDX-License-Identifier: Apache-2.0
"""The resource types of monitors: processing jobs, job definitions of four kinds, monitoring schedules.

Their properties are the API's parameters. Ref returns the ARN, the primary identifier in CloudFormation's schemas; what
Fn::GetAtt can read and what cannot change in place are from there too.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-processingjob.html
"""

from __future__ import annotations

import secrets
import string
from datetime import datetime
from typing import Any, ClassVar

from scripts.local_aws.cloudformation.resources.api_type import NAME, ApiType
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, ResourceFailedError, names
from scripts.local_aws.cloudformation.stacks import Made
from scripts.local_aws.sagemaker.jobs.processing import processing_jobs

# Somebody may delete the stack while its job runs.
_SECONDS_BETWEEN_LOOKS = 0.2


class _Described(ApiType):
    """Type with attributes that are not in the answer to its creation."""

    service = "sagemaker"
    gone = ("ResourceNotFound",)
    name_limit = 63
    described_by: ClassVar[str]
    readable: ClassVar[frozenset[str]]

    def describe(self, context: ResourceContext, made: Made) -> dict[str, Any]:
        """Describe the resource and keep its attributes."""
        found = self.send(context, self.described_by, {}, self.place(made, {}))
        made.attributes |= {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in found.items()
            if key in self.readable
        }
        return found


class SageMakerProcessingJob(_Described):
    """A processing job, which is made once it has completed; one that fails, fails its stack with the reason.

    A stack that is deleted stops the job and takes its tags away. The job itself stays, and its name is taken for ever.
    """

    type_name = "AWS::SageMaker::ProcessingJob"
    name_property = "ProcessingJobName"
    known_properties = names(
        "AppSpecification Environment ExperimentConfig NetworkConfig ProcessingInputs ProcessingJobName "
        "ProcessingOutputConfig ProcessingResources RoleArn StoppingCondition Tags"
    )
    creates, described_by = "create_processing_job", "describe_processing_job"
    ref = "ProcessingJobArn"
    attributes = {"ProcessingJobName": NAME, "ProcessingJobArn": "ProcessingJobArn"}
    at = {"ProcessingJobName": "ProcessingJobName"}
    readable = names(
        "CreationTime ExitMessage LastModifiedTime ProcessingEndTime ProcessingJobStatus ProcessingStartTime"
    )

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Wait for the job's end. Raises ResourceFailedError with the job's reason."""
        name = made.attributes[self.name_property]
        job = processing_jobs.find(context.account, context.region, name)
        while not (processing_jobs.wait_until_over(job, _SECONDS_BETWEEN_LOOKS) or context.stack.cancelled.is_set()):
            continue
        ended = self.describe(context, made)
        if ended["ProcessingJobStatus"] != "Completed":
            reason = ended.get("FailureReason", f"it is {ended['ProcessingJobStatus']}")
            raise ResourceFailedError(f"The processing job {name} did not complete: {reason}")

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Stop a job that still runs, and take the tags away."""
        place = self.place(made, properties)
        if self.send(context, self.described_by, {}, place)["ProcessingJobStatus"] == "InProgress":
            self.send(context, "stop_processing_job", {}, place)
        if keys := list(context.tags(properties.get("Tags"))):
            context.call(self.service, "delete_tags", ResourceArn=made.physical_id, TagKeys=keys)


class _JobDefinition(_Described):
    """Job definition of a monitor; any change replaces it."""

    name_property = "JobDefinitionName"
    ref = "JobDefinitionArn"
    attributes = {"JobDefinitionName": NAME, "JobDefinitionArn": "JobDefinitionArn"}
    at = {"JobDefinitionName": "JobDefinitionName"}
    readable = names("CreationTime")

    def __init_subclass__(cls, *, kind: str, operation: str) -> None:
        super().__init_subclass__()
        cls.type_name = f"AWS::SageMaker::{kind}JobDefinition"
        cls.creates, cls.described_by, cls.deletes = (
            f"create_{operation}",
            f"describe_{operation}",
            f"delete_{operation}",
        )
        cls.known_properties = names(
            "JobDefinitionName JobResources NetworkConfig RoleArn StoppingCondition Tags "
            f"{kind}AppSpecification {kind}BaselineConfig {kind}JobInput {kind}JobOutputConfig"
        )

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """`CFN-<logical id, 20 characters at most>-<12 random characters>`, as CloudFormation's handler makes it.

        https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-sagemaker, CreateHandler
        """
        suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
        return str(properties.get(self.name_property) or f"CFN-{context.logical_id[:20]}-{suffix}")

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Read the attributes once it is created."""
        self.describe(context, made)


class DataQualityJobDefinition(_JobDefinition, kind="DataQuality", operation="data_quality_job_definition"):
    """AWS::SageMaker::DataQualityJobDefinition."""


class ModelQualityJobDefinition(_JobDefinition, kind="ModelQuality", operation="model_quality_job_definition"):
    """AWS::SageMaker::ModelQualityJobDefinition."""


class ModelBiasJobDefinition(_JobDefinition, kind="ModelBias", operation="model_bias_job_definition"):
    """AWS::SageMaker::ModelBiasJobDefinition."""


class ModelExplainabilityJobDefinition(
    _JobDefinition, kind="ModelExplainability", operation="model_explainability_job_definition"
):
    """AWS::SageMaker::ModelExplainabilityJobDefinition."""


class SageMakerMonitoringSchedule(_Described):
    """A monitoring schedule, Scheduled at once; all but its name changes in place, and its jobs stay when it goes."""

    type_name = "AWS::SageMaker::MonitoringSchedule"
    name_property = "MonitoringScheduleName"
    is_tagged = True
    known_properties = names("MonitoringScheduleConfig MonitoringScheduleName Tags")
    creates, updates = "create_monitoring_schedule", "update_monitoring_schedule"
    described_by, deletes = "describe_monitoring_schedule", "delete_monitoring_schedule"
    ref = "MonitoringScheduleArn"
    attributes = {"MonitoringScheduleName": NAME}
    at = {"MonitoringScheduleName": "MonitoringScheduleName"}
    readable = names("CreationTime LastModifiedTime MonitoringScheduleArn MonitoringScheduleStatus")
    tagging, tagged_at = ("add_tags", "delete_tags"), "ResourceArn"

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Read its current attributes."""
        self.describe(context, made)
