# SPDX-License-Identifier: Apache-2.0
"""The resource types of monitors: processing jobs, job definitions of four kinds, monitoring schedules.

Their properties are the API's parameters. Ref answers the ARN, the primary identifier in CloudFormation's schemas; what
Fn::GetAtt can read and what cannot change in place are from there too.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-processingjob.html
"""

from __future__ import annotations

import secrets
import string
from datetime import datetime
from typing import Any, ClassVar

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made
from scripts.local_aws.sagemaker.jobs import processing_jobs

_SERVICE = "sagemaker"
_NAME_LIMIT = 63
_GONE = "ResourceNotFound"
_COMMON = "JobDefinitionName JobResources NetworkConfig RoleArn StoppingCondition Tags "
# Somebody may delete the stack while its job runs.
_SECONDS_BETWEEN_LOOKS = 0.2


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


class SageMakerProcessingJob(ResourceType):
    """A processing job, which is made once it has completed; one that fails, fails its stack with the reason.

    A stack that is deleted stops the job and takes its tags away. The job itself stays, and its name is taken for ever.
    """

    type_name = "AWS::SageMaker::ProcessingJob"
    name_property = "ProcessingJobName"
    known_properties = names(
        "AppSpecification Environment ExperimentConfig NetworkConfig ProcessingInputs ProcessingJobName "
        "ProcessingOutputConfig ProcessingResources RoleArn StoppingCondition Tags"
    )
    replaced_by = known_properties
    _readable = names(
        "CreationTime ExitMessage LastModifiedTime ProcessingEndTime ProcessingJobStatus ProcessingStartTime"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Start the job and wait for its end. Raises ResourceFailedError with the job's reason."""
        name = properties.get(self.name_property) or context.generated_name(_NAME_LIMIT)
        given = properties | {self.name_property: name, "Tags": context.tag_list(properties.get("Tags"))}
        arn = context.call(_SERVICE, "create_processing_job", **given)["ProcessingJobArn"]
        made = context.initiated(Made(arn, {self.name_property: name, "ProcessingJobArn": arn}))
        job = self._ended(context, name)
        if job["ProcessingJobStatus"] != "Completed":
            reason = job.get("FailureReason", f"it is {job['ProcessingJobStatus']}")
            raise ResourceFailedError(f"The processing job {name} did not complete: {reason}")
        made.attributes |= {key: _text(value) for key, value in job.items() if key in self._readable}
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Nothing changes in place: another request is another job."""
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Stop a job that still runs, and take the tags away."""
        name = made.attributes[self.name_property]
        job = context.call(_SERVICE, "describe_processing_job", ProcessingJobName=name)
        if job["ProcessingJobStatus"] == "InProgress":
            context.call(_SERVICE, "stop_processing_job", ProcessingJobName=name)
        if keys := list(context.tags(properties.get("Tags"))):
            context.call(_SERVICE, "delete_tags", ResourceArn=made.physical_id, TagKeys=keys)

    def _ended(self, context: ResourceContext, name: str) -> dict[str, Any]:
        job = processing_jobs.find(context.account, context.region, name)
        while not (processing_jobs.wait_until_over(job, _SECONDS_BETWEEN_LOOKS) or context.stack.cancelled.is_set()):
            continue
        return context.call(_SERVICE, "describe_processing_job", ProcessingJobName=name)


class _JobDefinition(ResourceType):
    """A monitor's job definition; whatever changes, it is made anew."""

    name_property = "JobDefinitionName"
    operation: ClassVar[str]

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the definition under the name given, or under a generated one."""
        name = properties.get(self.name_property) or _definition_name(context.logical_id)
        given = properties | {self.name_property: name, "Tags": context.tag_list(properties.get("Tags"))}
        arn = context.call(_SERVICE, f"create_{self.operation}", **given)["JobDefinitionArn"]
        made = context.initiated(Made(arn, {self.name_property: name, "JobDefinitionArn": arn}))
        described = context.call(_SERVICE, f"describe_{self.operation}", JobDefinitionName=name)
        made.attributes["CreationTime"] = _text(described["CreationTime"])
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Nothing changes in place."""
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the definition."""
        with IgnoreMissing(_GONE):
            name = made.attributes[self.name_property]
            context.call(_SERVICE, f"delete_{self.operation}", JobDefinitionName=name)


def _definition_name(logical_id: str) -> str:
    """`CFN-<logical id, 20 characters at most>-<12 random characters>`, as CloudFormation's handler makes it.

    https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-sagemaker, CreateHandler
    """
    suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
    return f"CFN-{logical_id[:20]}-{suffix}"


class DataQualityJobDefinition(_JobDefinition):
    """AWS::SageMaker::DataQualityJobDefinition."""

    type_name = "AWS::SageMaker::DataQualityJobDefinition"
    operation = "data_quality_job_definition"
    known_properties = names(
        _COMMON + "DataQualityAppSpecification DataQualityBaselineConfig DataQualityJobInput DataQualityJobOutputConfig"
    )
    replaced_by = known_properties


class ModelQualityJobDefinition(_JobDefinition):
    """AWS::SageMaker::ModelQualityJobDefinition."""

    type_name = "AWS::SageMaker::ModelQualityJobDefinition"
    operation = "model_quality_job_definition"
    known_properties = names(
        _COMMON
        + "ModelQualityAppSpecification ModelQualityBaselineConfig ModelQualityJobInput ModelQualityJobOutputConfig"
    )
    replaced_by = known_properties


class ModelBiasJobDefinition(_JobDefinition):
    """AWS::SageMaker::ModelBiasJobDefinition."""

    type_name = "AWS::SageMaker::ModelBiasJobDefinition"
    operation = "model_bias_job_definition"
    known_properties = names(
        _COMMON + "ModelBiasAppSpecification ModelBiasBaselineConfig ModelBiasJobInput ModelBiasJobOutputConfig"
    )
    replaced_by = known_properties


class ModelExplainabilityJobDefinition(_JobDefinition):
    """AWS::SageMaker::ModelExplainabilityJobDefinition."""

    type_name = "AWS::SageMaker::ModelExplainabilityJobDefinition"
    operation = "model_explainability_job_definition"
    known_properties = names(
        _COMMON + "ModelExplainabilityAppSpecification ModelExplainabilityBaselineConfig ModelExplainabilityJobInput "
        "ModelExplainabilityJobOutputConfig"
    )
    replaced_by = known_properties


class SageMakerMonitoringSchedule(ResourceType):
    """A monitoring schedule; all but its name changes in place."""

    type_name = "AWS::SageMaker::MonitoringSchedule"
    name_property = "MonitoringScheduleName"
    replaced_by = frozenset({"MonitoringScheduleName"})
    is_tagged = True
    known_properties = names("MonitoringScheduleConfig MonitoringScheduleName Tags")
    _readable = names("CreationTime LastModifiedTime MonitoringScheduleArn MonitoringScheduleStatus")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the schedule; it is Scheduled at once."""
        tags = context.tags(properties.get("Tags"))
        given = properties | {"Tags": context.tag_list(properties.get("Tags"))}
        arn = context.call(_SERVICE, "create_monitoring_schedule", **given)["MonitoringScheduleArn"]
        made = context.initiated(Made(arn, {self.name_property: properties[self.name_property]}, tags))
        return self._described(context, made)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set configuration and tags."""
        name, config = made.attributes[self.name_property], new["MonitoringScheduleConfig"]
        context.call(
            _SERVICE, "update_monitoring_schedule", MonitoringScheduleName=name, MonitoringScheduleConfig=config
        )
        tags = context.tags(new.get("Tags"))
        if made.tags:
            context.call(_SERVICE, "delete_tags", ResourceArn=made.physical_id, TagKeys=list(made.tags))
        if tags:
            context.call(_SERVICE, "add_tags", ResourceArn=made.physical_id, Tags=context.tag_list(new.get("Tags")))
        return self._described(context, Made(made.physical_id, made.attributes, tags))

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the schedule; the jobs that it has started stay."""
        with IgnoreMissing(_GONE):
            name = made.attributes[self.name_property]
            context.call(_SERVICE, "delete_monitoring_schedule", MonitoringScheduleName=name)

    def _described(self, context: ResourceContext, made: Made) -> Made:
        name = made.attributes[self.name_property]
        schedule = context.call(_SERVICE, "describe_monitoring_schedule", MonitoringScheduleName=name)
        made.attributes |= {key: _text(value) for key, value in schedule.items() if key in self._readable}
        return made
