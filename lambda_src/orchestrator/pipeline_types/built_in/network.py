# SPDX-License-Identifier: Apache-2.0
"""The network of models and jobs: a VPC of the caller's, and containers that reach no network at all.

https://docs.aws.amazon.com/sagemaker/latest/dg/infrastructure-give-access.html
https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest, rule
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.values import jobs, things, training
from orchestrator.values.common import EXPECT_KEYWORD
from orchestrator.values.per_stage import PerStage, PerStageObject, Stage, Staged, at, by_key
from orchestrator.values.template_parameters import TemplateParameters

_WITHOUT_ISOLATION: Final = ("chainer", "coach", "ray")
"""How the names of frameworks begin whose containers SageMaker does not isolate: Chainer, reinforcement learning."""
_SCRIPTED: Final = ("autogluon", "huggingface", "mxnet", "pytorch", "sklearn", "tensorflow")
"""How the names of frameworks begin whose containers run code of the caller's, and install what it requires."""
_CODE: Final = "sagemaker_submit_directory"


class VpcConfig(BaseModel):
    """Subnets and security groups of a VPC."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    subnets: Annotated[jobs.Subnets, Field(description="ids of subnets of one VPC")]
    security_groups: Annotated[jobs.SecurityGroups, Field(description="ids of security groups of the same VPC")]


_EXPECTED: Final = f"an object with {' and '.join(VpcConfig.model_fields)}"
OptionalVpc = Annotated[VpcConfig | None, optional_object(_EXPECTED)]
_EXAMPLE: Final = {"subnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]}
_IN_REFERENCE: Final[dict[str, Any]] = {"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]}


class VpcParameters(TemplateParameters):
    """Parameters of blueprints whose models or jobs may be in a VPC."""

    Subnets: Annotated[str, Field(description="Subnets; no VPC when empty.")] = ""
    SecurityGroupIds: Annotated[str, Field(description="Security groups for them.")] = ""


class IsolationParameters(TemplateParameters):
    """Parameters of blueprints whose containers may be isolated."""

    NetworkIsolation: Annotated[training.TrueOrFalse, Field(description="Whether containers reach no network.")] = (
        "False"
    )


class NetworkParameters(VpcParameters, IsolationParameters):
    """Both."""


_DESCRIBED: Final = Field(
    description="VPC in which containers run; left out, SageMaker's own, with a way to the internet",
    json_schema_extra=_IN_REFERENCE,
)
_ISOLATION: Final = Field(
    description="whether containers reach no network, not even AWS services; SageMaker itself still does"
)
_ZONES_OF_ENDPOINTS: Final = 2


class InVpc(PipelineRequest):
    """A pipeline whose models or jobs may be in a VPC."""

    vpc: Annotated[PerStageObject[OptionalVpc], things.of_vpc(), _DESCRIBED] = None

    def vpc_parameters(self, stage: Stage | None) -> dict[str, str]:
        """Return the values of `VpcParameters`."""
        vpc: VpcConfig | None = at(self.vpc, stage)
        ids = (vpc.subnets, vpc.security_groups) if vpc else ((), ())
        return dict(zip(VpcParameters.model_fields, map(",".join, ids), strict=True))

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if None in self.stages(launch) or not any(vpc for _, vpc in by_key("vpc", self.vpc)):
            return
        yield (
            "vpc: subnets and security groups are of the accounts of the stages, where the orchestrator looks up "
            "nothing; what is missing there fails that stage's deployment"
        )
        if not isinstance(self.vpc, Staged):
            yield (
                "vpc: the same ids for all stages are right only if one account shares the subnets and security groups "
                "with the others; else give dev, staging and prod"
            )


class Isolated(PipelineRequest):
    """A pipeline whose containers may be isolated from every network."""

    network_isolation: Annotated[PerStage[training.Flag], _ISOLATION] = False

    def is_isolated(self) -> bool:
        """Return whether containers are isolated in any stage."""
        return any(isolated for _, isolated in by_key("network_isolation", self.network_isolation))

    def isolation_parameters(self, stage: Stage | None) -> dict[str, str]:
        """Return the values of `IsolationParameters`."""
        return {"NetworkIsolation": str(at(self.network_isolation, stage))}

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        framework = self._framework(launch)
        if self.is_isolated() and framework.startswith(_SCRIPTED):
            yield (
                f"network_isolation: a container of {framework} that is isolated installs no requirements.txt and "
                "loads no code or weights when it starts: all that it needs must be in the image or come as data"
            )

    @rule("network_isolation")
    def _framework_can_be_isolated(self, launch: Launch) -> Iterator[Problem]:
        framework = self._framework(launch)
        if self.is_isolated() and framework.startswith(_WITHOUT_ISOLATION):
            yield Problem(
                "network_isolation",
                f"cannot go together with {framework}, whose containers SageMaker does not isolate: leave one out",
            )

    @rule("network_isolation")
    def _nothing_is_loaded(self, _: Launch) -> Iterator[Problem]:
        given = getattr(self, "algo_hyperparamaters", {})
        if self.is_isolated() and str(given.get(_CODE, "")).strip('"').startswith("s3://"):
            yield Problem(
                f"algo_hyperparamaters.{_CODE}",
                "cannot be loaded from S3 with network_isolation: name a path below /opt/ml/input/data, where "
                "training_data is, or bring an image with the code",
            )

    def _framework(self, launch: Launch) -> str:
        """Return the framework whose container runs; empty with an image or a package of the caller's own."""
        is_unused = "model_framework" in self.unused_keys(launch)
        return "" if is_unused else str(getattr(self, "model_framework", ""))


class Networked(InVpc, Isolated):
    """A pipeline whose containers may be in a VPC, and isolated."""

    def network_parameters(self, stage: Stage | None) -> dict[str, str]:
        """Return the values of `NetworkParameters`."""
        return {**self.vpc_parameters(stage), **self.isolation_parameters(stage)}


class NetworkedEndpoint(Networked):
    """The same for an endpoint, which SageMaker makes in two Availability Zones at least, with one instance, too.

    https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
    """

    vpc: Annotated[PerStageObject[OptionalVpc], things.of_vpc(_ZONES_OF_ENDPOINTS), _DESCRIBED] = None

    @rule("vpc")
    def _subnets_are_in_zones(self, _: Launch) -> Iterator[Problem]:
        for key, vpc in by_key("vpc", self.vpc):
            if vpc and len(vpc.subnets) < _ZONES_OF_ENDPOINTS:
                yield Problem(
                    f"{key}.subnets",
                    "must be two subnets at least, in different Availability Zones: SageMaker makes no endpoint in one",
                )


class JobInVpc(InVpc):
    """A job of the orchestrator's own account, for which stages mean nothing."""

    vpc: Annotated[OptionalVpc, things.of_vpc(), _DESCRIBED] = None


class IsolatedJob(Isolated):
    """The same for the isolation of its containers."""

    network_isolation: Annotated[training.Flag, _ISOLATION] = False
