# SPDX-License-Identifier: Apache-2.0
"""Common base of the four model monitors: an endpoint, a baseline, a schedule (compatibility 3.5).

Baseline and schedule are named `<endpoint>-<kind>-<4 hexadecimal digits>`. The digits are a digest of the stage's
values: an equal request gives the same baseline and schedule, a changed one a new baseline in a folder of its own.

Two endpoints may be monitored for one model (lesson 30). The pipeline of the first has the plain name. If that name
belongs to another endpoint's pipeline, the name includes the endpoint.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import Field, PrivateAttr
from typing_extensions import override

from orchestrator.csv_headers import CsvFile, Header
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import LONGEST_STACK_NAME, STACK_PREFIX, rule
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX, BlueprintPipeline
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeBuiltIn, RealtimeCustom
from orchestrator.pipeline_types.encryption import Encrypted
from orchestrator.sagemaker.images import ImageQuery, UnknownImageError, resolve
from orchestrator.values import common, locations, monitors
from orchestrator.values.per_stage import STAGES, PerStage, Stage, Staged, at, by_key
from orchestrator.values.template_parameters import TemplateParameters

_DIGITS: Final = 4
_OWNER_DIGITS: Final = 12
_LONGEST_SUFFIX: Final = len("-staging-12345678")
"""Longest suffix after a stack's name: that of a StackSet's stacks."""


class Monitor(Encrypted, BlueprintPipeline):
    """Base of the four monitors."""

    follows_tags: ClassVar[bool] = False
    instance_key: ClassVar[str] = "instance_type"
    instance_purpose: ClassVar = "processing"
    kind: ClassVar[str]
    """Part of the names of baseline and schedule."""
    image: ClassVar[str] = "model-monitor"
    """Name of SageMaker's image for the jobs."""
    hourly_run_time: ClassVar[int] = 3600
    """Seconds that a run of an hourly schedule may take."""

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
        PerStage[monitors.ScheduleExpression], Field(description="when the endpoint's data is looked at")
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
        Field(description="subnets of a VPC in which baseline and schedule run; needs security_group_ids"),
    ] = []  # noqa: RUF012  pydantic copies it
    security_group_ids: Annotated[
        PerStage[monitors.SecurityGroups],
        Field(description="security groups of a VPC in which baseline and schedule run; needs subnets"),
    ] = []  # noqa: RUF012  pydantic copies it

    _header: Header | None = PrivateAttr(None)
    _real_names: Mapping[str, str] = PrivateAttr({})

    @property
    def stack_names(self) -> tuple[str, ...]:
        """The plain name, and the one with the endpoint if it fits."""
        digits = hashlib.sha256(self.owner.encode()).hexdigest()[:_OWNER_DIGITS]
        around = f"{STACK_PREFIX}-{self.model_name}-{digits}-{self.postfix}".lower()
        room = LONGEST_STACK_NAME - _LONGEST_SUFFIX - len(around)
        if room < 0:
            return (self.plain_name,)
        slug = self._endpoint(self._first_stage)[: max(room - 1, 0)].strip("-")
        infix = "-".join(part for part in (self.model_name, slug, digits) if part)
        return self.plain_name, f"{STACK_PREFIX}-{infix}-{self.postfix}".lower()

    @property
    def owner(self) -> str:
        """The endpoint, or the endpoints of the stages."""
        return "/".join(dict.fromkeys(name.lower() for _, name in by_key("endpoint_name", self.endpoint_name)))

    @override
    def monitored_endpoints(self) -> frozenset[str]:
        return frozenset(name for _, name in by_key("endpoint_name", self.endpoint_name))

    @override
    def stacks_of_endpoints(self) -> tuple[str, ...]:
        postfixes = (real_time.postfix for real_time in (RealtimeBuiltIn, RealtimeCustom))
        names = (f"{STACK_PREFIX}-{self.model_name}-{postfix}-{PIPELINE_STACK_SUFFIX}" for postfix in postfixes)
        return tuple(name.lower() for name in names)

    @override
    def with_endpoint_names(self, names: Mapping[str, str]) -> Self:
        informed = self.model_copy()
        informed._real_names = names
        return informed

    @override
    def csv_files(self, launch: Launch) -> tuple[CsvFile, ...]:
        return (CsvFile("baseline_data", launch.assets_bucket, self.baseline_data),)

    @override
    def with_csv_headers(self, headers: Mapping[CsvFile, Header]) -> Self:
        informed = self.model_copy()
        informed._header = next(header for file, header in headers.items() if file.request_key == "baseline_data")
        problems = list(informed.problems_with(headers))
        if problems:
            raise RefusedRequestError(problems)
        return informed

    def problems_with(self, headers: Mapping[CsvFile, Header]) -> Iterator[Problem]:
        """Yield conflicts with the baseline's columns. Call `super()` first."""
        yield from ()

    @property
    def header(self) -> Header:
        """The columns of the baseline; raises `ValueError` when they have not been read."""
        if self._header is None:
            raise ValueError("the header of the baseline has not been read")
        return self._header

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        """Return the parameter values except the names that are derived from them."""
        values = super().values(launch, stage)
        output = values.pop("BaselineJobOutputLocation")
        return {
            **values,
            **self.encryption_parameters(stage),
            "AssetsBucket": launch.assets_bucket,
            "EndpointName": self._endpoint(stage),
            **located("BaselineOutput", output),
            **located("DataCapture", values["DataCaptureLocation"]),
            "ImageUri": resolve(self._image_query(launch)),
            "Subnets": _joined(self.subnets, stage),
            "SecurityGroupIds": _joined(self.security_group_ids, stage),
            "OrchestratorAccount": launch.ecr_repository_arn.split(":")[4],
        }

    @override
    def parameters(self, launch: Launch, stage: Stage | None) -> TemplateParameters:
        values = self.values(launch, stage)
        content = json.dumps([self.stack_name, values], sort_keys=True)
        digits = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
        name = f"{self._endpoint(stage).lower()}-{self.kind}-{digits}"
        location = f"{at(self.baseline_job_output_location, stage)}/{name}"
        names = {"MonitoringScheduleName": name, "BaselineJobOutputLocation": location}
        return self.parameters_type(**values, **names, **self.derived(launch, stage))

    def derived(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        """Return values that are derived from others or change no run; they do not affect the names of baselines."""
        return {"EndpointInArns": self._endpoint(stage).lower()}

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if launch.region not in _regions():
            yield (
                f"CloudFormation was not known to make monitors in {launch.region} when this version was made: if the "
                "deployment fails with an unrecognized resource type, it still does not"
            )

    def _endpoint(self, stage: Stage | None) -> str:
        """Return the endpoint's name as SageMaker spells it, if known."""
        given = str(at(self.endpoint_name, stage))
        return self._real_names.get(given, given)

    @property
    def _first_stage(self) -> Stage | None:
        return None if isinstance(self.endpoint_name, str) else STAGES[0]

    def _image_query(self, launch: Launch) -> ImageQuery:
        return ImageQuery(self.image, "", launch.region, None, "processing")

    @rule("model_name")
    def _image_exists(self, launch: Launch) -> Iterator[Problem]:
        try:
            resolve(self._image_query(launch))
        except UnknownImageError as error:
            yield Problem("pipeline_type", f"this monitor cannot run here: {error}")

    @rule("instance_type")
    def _instance_is_possible(self, _: Launch) -> Iterator[Problem]:
        yield from self.impossible_instances()

    @rule("endpoint_name")
    def _schedule_name_fits(self, _: Launch) -> Iterator[Problem]:
        """Refuse an endpoint's name that makes the schedule's name too long (lesson 11)."""
        suffix = len(f"-{self.kind}-") + _DIGITS
        longest = monitors.LONGEST_NAME - suffix
        for key, name in by_key("endpoint_name", self.endpoint_name):
            if len(name) > longest:
                yield Problem(
                    key,
                    f"must have {longest} characters at most: with -{self.kind}- and {_DIGITS} digits it names the "
                    f"schedule, whose name has {monitors.LONGEST_NAME}",
                )

    @rule("schedule_expression", "monitor_max_runtime_seconds")
    def _run_ends_before_the_next(self, launch: Launch) -> Iterator[Problem]:
        """See https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MonitoringStoppingCondition.html."""
        reported = set()
        for stage in self.stages(launch):
            every = monitors.seconds_between_runs(at(self.schedule_expression, stage))
            longest = self.hourly_run_time if every == 3600 else every
            key = _key_at("monitor_max_runtime_seconds", self.monitor_max_runtime_seconds, stage)
            if at(self.monitor_max_runtime_seconds, stage) > longest and key not in reported:
                reported.add(key)
                schedule = at(self.schedule_expression, stage)
                yield Problem(key, f"must be {longest} at most: a run must end before the next, with {schedule}")

    @rule("subnets", "security_group_ids")
    def _vpc_is_whole(self, launch: Launch) -> Iterator[Problem]:
        reported = set()
        for stage in self.stages(launch):
            subnets, groups = at(self.subnets, stage), at(self.security_group_ids, stage)
            if bool(subnets) != bool(groups):
                missing, given = ("security_group_ids", "subnets") if subnets else ("subnets", "security_group_ids")
                key = _key_at(missing, getattr(self, missing), stage)
                if key not in reported:
                    reported.add(key)
                    yield Problem(key, f"is required with {given}: a job runs in subnets with security groups")


def _key_at(key: str, value: Any, stage: Stage | None) -> str:
    """Return the request key that holds the value for a stage."""
    return key if len(by_key(key, value)) == 1 else f"{key}.{stage}"


def _joined(ids: list[str] | Staged[list[str]], stage: Stage | None) -> str:
    chosen: list[str] = at(ids, stage)
    return ",".join(chosen)


def located(name: str, location: str) -> dict[str, str]:
    """Return a location's bucket and key prefix, both of which permissions name."""
    bucket, _, prefix = location.partition("/")
    return {f"{name}Bucket": bucket, f"{name}Prefix": prefix}


@cache
def _regions() -> frozenset[str]:
    path = Path(__file__).parents[3] / "data" / "monitor_regions.json"
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["regions"])
