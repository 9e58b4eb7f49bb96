# SPDX-License-Identifier: Apache-2.0
"""Keys that the requests for all four monitors have (compatibility 3.5)."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.built_in.network import Networked
from orchestrator.pipeline_types.encryption import Encrypted
from orchestrator.values import common, jobs, locations, monitors
from orchestrator.values.per_stage import PerStage, Stage, at, key_at
from orchestrator.values.template_parameters import TemplateParameters


class MonitorRequest(Encrypted, Networked, BlueprintPipeline):
    """What is common to the requests, and what differs between the kinds of monitors."""

    follows_tags: ClassVar[bool] = False
    instance_key: ClassVar[str] = "instance_type"
    instance_purpose: ClassVar = "processing"
    kind: ClassVar[str]
    """Part of the names of baseline and schedule."""
    open_parameters_type: ClassVar[type[TemplateParameters]]
    """The declaration of the template's parameters where the open engine does the work."""
    image: ClassVar[str] = "model-monitor"
    """Name of the image of SageMaker's engine."""
    can_be_isolated: ClassVar[bool] = True
    """Whether the containers of SageMaker's engine work without a network."""
    hourly_run_time: ClassVar[int] = 3600
    """Seconds that a run of an hourly schedule may take."""

    @property
    def engine_folder(self) -> str:
        """Folder of the open engine's archive among others of the pipeline, with a slash at its end; or empty."""
        return ""

    endpoint_name: Annotated[
        PerStage[monitors.MonitoredEndpoint],
        Field(description="endpoint to monitor, with data capture, made by this solution or not"),
    ]
    baseline_data: Annotated[
        common.CsvKey, Field(description="key of a CSV file with a header in the assets bucket, for the baseline")
    ]
    baseline_job_output_location: Annotated[
        PerStage[locations.MonitorLocation], Field(description="bucket/prefix for the baseline, without s3://")
    ]
    data_capture_location: Annotated[
        PerStage[locations.MonitorLocation],
        Field(description="bucket/prefix of the endpoint's captured data, without s3://"),
    ]
    monitoring_output_location: Annotated[
        PerStage[locations.MonitorLocation], Field(description="bucket/prefix for the reports, without s3://")
    ]
    schedule_expression: Annotated[
        PerStage[jobs.RecurringSchedule], Field(description="when the endpoint's data is looked at")
    ]
    monitor_max_runtime_seconds: Annotated[
        PerStage[monitors.RunTime], Field(description="seconds after which a run of the schedule is stopped")
    ]
    instance_type: Annotated[PerStage[common.InstanceType], Field(description="instance type of baseline and schedule")]
    instance_volume_size: Annotated[
        PerStage[monitors.VolumeSize], Field(description="gigabytes of the volume of each instance")
    ]
    instance_count: Annotated[
        PerStage[monitors.InstanceCount], Field(description="number of instances that share the work")
    ] = 1
    baseline_max_runtime_seconds: Annotated[
        PerStage[monitors.BaselineRunTime],
        Field(description="seconds after which the baseline is given up; SageMaker decides when left out"),
    ] = ""
    subnets: Annotated[
        PerStage[monitors.Subnets],
        Field(description="subnets of a VPC in which baseline and schedule run; needs security_group_ids; or give vpc"),
    ] = []  # noqa: RUF012  pydantic copies it
    security_group_ids: Annotated[
        PerStage[monitors.SecurityGroups],
        Field(description="security groups of a VPC in which baseline and schedule run; needs subnets; or give vpc"),
    ] = []  # noqa: RUF012  pydantic copies it
    monitor_engine: Annotated[
        monitors.MonitorEngine,
        Field(
            description="what does the work: open is the solution's own engine, sagemaker is Model Monitor and "
            "Clarify, which AWS has closed to new customers; the launch decides when left out"
        ),
    ] = ""

    @override
    def network_parameters(self, stage: Stage | None) -> dict[str, str]:
        """Return the values; containers that are not isolated have none, and baselines the names that they had."""
        vpc = self.vpc_parameters(stage)
        if not vpc["Subnets"]:
            ids: tuple[list[str], list[str]] = at(self.subnets, stage), at(self.security_group_ids, stage)
            vpc = dict(zip(vpc, map(",".join, ids), strict=True))
        return {**vpc, **(self.isolation_parameters(stage) if at(self.network_isolation, stage) else {})}

    @rule("subnets", "security_group_ids", "vpc")
    def _vpc_is_whole(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._half_of_a_vpc)

    def _half_of_a_vpc(self, stage: Stage | None) -> Iterator[Problem]:
        subnets, groups = at(self.subnets, stage), at(self.security_group_ids, stage)
        if (subnets or groups) and self.vpc_parameters(stage)["Subnets"]:
            yield Problem(key_at("vpc", self.vpc, stage), "cannot go together with subnets and security_group_ids")
        elif bool(subnets) != bool(groups):
            missing, given = ("security_group_ids", "subnets") if subnets else ("subnets", "security_group_ids")
            key = key_at(missing, getattr(self, missing), stage)
            yield Problem(key, f"is required with {given}: a job runs in subnets with security groups")
