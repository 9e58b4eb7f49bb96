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
from dataclasses import replace
from typing import Any, Final, Self

from pydantic import PrivateAttr
from typing_extensions import override

from orchestrator.csv_headers import CsvFile, Header
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.base import LONGEST_STACK_NAME, STACK_PREFIX, rule
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX
from orchestrator.pipeline_types.built_in.monitors import engines
from orchestrator.pipeline_types.built_in.monitors.engines import Engine
from orchestrator.pipeline_types.built_in.monitors.retraining import Retraining
from orchestrator.pipeline_types.built_in.monitors.stage_files import StageFiles
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeBuiltIn, RealtimeCustom
from orchestrator.pipeline_types.packaged import BlueprintSource
from orchestrator.plan.monitor_engines import PlannedEngine
from orchestrator.plan.plan import PlannedObject, ProvisioningPlan
from orchestrator.sagemaker.images import ImageQuery, UnknownImageError, resolve
from orchestrator.values import monitors
from orchestrator.values.per_stage import STAGES, Stage, at, by_key, key_at
from orchestrator.values.template_parameters import TemplateParameters

_DIGITS: Final = 4
_LONGEST_FILE: Final = "constraints.json"
_OWNER_DIGITS: Final = 12
_LONGEST_SUFFIX: Final = len("-staging-12345678")
"""Longest suffix after a stack's name: that of a StackSet's stacks."""


class Monitor(Retraining):
    """Base of the four monitors."""

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
        values.pop("NetworkIsolation", None)
        output = values.pop("BaselineJobOutputLocation")
        return {
            **values,
            **self.encryption_parameters(stage),
            "AssetsBucket": launch.assets_bucket,
            "EndpointName": self._endpoint(stage),
            **located("BaselineOutput", output),
            **located("DataCapture", values["DataCaptureLocation"]),
            "ImageUri": resolve(self._image_query(launch)),
            **self.network_parameters(stage),
            "OrchestratorAccount": launch.account,
        }

    @override
    def blueprint_source(self, launch: Launch) -> BlueprintSource:
        return BlueprintSource(f"blueprints/{self.engine(launch).blueprint_prefix}{self.blueprint}.yaml")

    @override
    def parameters(self, launch: Launch, stage: Stage | None) -> TemplateParameters:
        declared = self.engine(launch).parameters_type(self)
        values = _declared(self.values(launch, stage), declared)
        content = json.dumps([self.stack_name, values], sort_keys=True)
        digits = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
        name = f"{self._endpoint(stage).lower()}-{self.kind}-{digits}"
        location = f"{at(self.baseline_job_output_location, stage)}/{name}"
        names = {"MonitoringScheduleName": name, "BaselineJobOutputLocation": location}
        return declared(**{**values, **names, **_declared(self.derived(launch, stage), declared)})

    def derived(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        """Return values that are derived from others or change no run; they do not affect the names of baselines."""
        own = {"EndpointInArns": self._endpoint(stage).lower()}
        return {**own, **self.engine(launch).derived(self, launch, stage)}

    def engine(self, launch: Launch) -> Engine:
        """Return the engine that the request chooses, or else the launch."""
        return engines.named(self.monitor_engine or launch.monitor_engine)

    @override
    def plan(self, settings: Settings) -> ProvisioningPlan:
        engine = PlannedEngine(self.engine(settings.launch).name, is_requested=bool(self.monitor_engine))
        return replace(super().plan(settings), engine=engine)

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        files = (each for stage in self.stages(launch) for each in self.stage_files(launch, stage))
        return (*super().objects(launch), *(planned for each in files for planned in each.objects()))

    def stage_files(self, launch: Launch, stage: Stage | None) -> Iterator[StageFiles]:
        """Yield the files that the jobs of a stage read from the pipelines bucket. Call `super()` first."""
        yield from self.engine(launch).files(self, launch, stage)

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        yield from self.engine(launch).warnings(self, launch)

    def _endpoint(self, stage: Stage | None) -> str:
        """Return the endpoint's name as SageMaker spells it, if known."""
        given = str(at(self.endpoint_name, stage))
        return self._real_names.get(given, given)

    @property
    def _first_stage(self) -> Stage | None:
        return None if isinstance(self.endpoint_name, str) else STAGES[0]

    def _image_query(self, launch: Launch) -> ImageQuery:
        return self.engine(launch).image_query(self.image, launch.region)

    @rule("monitor_engine")
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

    @rule("monitor_engine", "schedule_expression", "monitor_max_runtime_seconds", "network_isolation")
    def _engine_takes_it(self, launch: Launch) -> Iterator[Problem]:
        yield from self.engine(launch).problems(self, launch)

    @rule(
        "monitor_engine",
        "endpoint_name",
        "data_capture_location",
        "monitoring_output_location",
        "baseline_job_output_location",
    )
    def _locations_fit(self, launch: Launch) -> Iterator[Problem]:
        for stage in self.stages(launch):
            endpoint = str(at(self.endpoint_name, stage))
            name = f"{endpoint}-{self.kind}-{'0' * _DIGITS}"
            below = {
                "data_capture_location": endpoint,
                "monitoring_output_location": f"{endpoint}/{name}",
                "baseline_job_output_location": f"{name}/{_LONGEST_FILE}",
            }
            for key, rest in below.items():
                yield from self.too_long(launch, stage, key, rest)

    def too_long(self, launch: Launch, stage: Stage | None, key: str, rest: str = "") -> Iterator[Problem]:
        """Yield a problem for a location that the engine's jobs cannot be told, with what follows it."""
        given = getattr(self, key)
        yield from self.engine(launch).too_long(
            key_at(key, given, stage), f"s3://{at(given, stage)}/{rest}".rstrip("/")
        )


def _declared(values: Mapping[str, Any], declared: type[TemplateParameters]) -> dict[str, Any]:
    """Return the values that a blueprint takes; those of the two engines differ in a few."""
    return {name: value for name, value in values.items() if name in declared.model_fields}


def located(name: str, location: str) -> dict[str, str]:
    """Return a location's bucket and key prefix, both of which permissions name."""
    bucket, _, prefix = location.partition("/")
    return {f"{name}Bucket": bucket, f"{name}Prefix": prefix}
