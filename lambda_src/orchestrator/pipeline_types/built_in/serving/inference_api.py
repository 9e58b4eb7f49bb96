# SPDX-License-Identifier: Apache-2.0
"""`inference_api`: the API in front of an endpoint, its limits, or none; the function behind it is `inference/`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.plan import function_code
from orchestrator.plan.additions import Additions
from orchestrator.plan.plan import PlannedObject
from orchestrator.values import things
from orchestrator.values.common import EXPECT_KEYWORD, NUMBER, Expect
from orchestrator.values.per_stage import PerStageObject, Stage, Staged, at, by_key
from orchestrator.values.template_parameters import TemplateParameters

_MOST_BYTES: Final = 4_500_000
"""A body reaches the function in base64, as a part of an event that has 6 MB at most."""
_MEMORY_MB: Final = 512
_FOLDER: Final = "inference"

Mode = Annotated[Literal["json", "raw", "none"], Expect("json, raw or none")]
Rate = Annotated[int, Field(ge=1, le=10_000), NUMBER, Expect("a whole number of requests a second, 1 to 10000")]
Burst = Annotated[int, Field(ge=1, le=5_000), NUMBER, Expect("a whole number of requests, 1 to 5000")]
Bytes = Annotated[int, Field(ge=1, le=_MOST_BYTES), NUMBER, Expect(f"a whole number of bytes, 1 to {_MOST_BYTES}")]
Memory = Annotated[int, Field(ge=128, le=10_240), NUMBER, Expect("a whole number of MB, 128 to 10240")]
Concurrency = Annotated[int, Field(ge=1, le=9_999), NUMBER, Expect("a whole number from 1 to 9999")]
Streaming = Annotated[StrictBool, Expect("true or false")]
VpcEndpoints = Annotated[
    list[Annotated[str, Field(pattern=r"^vpce-([0-9a-f]{8}|[0-9a-f]{17})$")]],
    Field(max_length=10),
    Expect('a list of 10 ids of VPC endpoints at most, such as ["vpce-0a1b2c3d4e5f67890"]'),
]


class Api(BaseModel):
    """The API in front of an endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    mode: Annotated[
        Mode,
        Field(
            description="json takes an object with payload and content_type, raw the payload itself; none makes no API "
            "and no function: the endpoint is asked by InvokeEndpoint"
        ),
    ] = "json"
    throttle_rate: Annotated[
        Rate | None, Field(description="requests a second, of all callers; the account's limit when left out")
    ] = None
    throttle_burst: Annotated[
        Burst | None, Field(description="requests at the same moment; throttle_rate when left out")
    ] = None
    max_request_bytes: Annotated[
        Bytes | None, Field(description="longest payload that reaches the endpoint; what fits a call when left out")
    ] = None
    memory_mb: Annotated[Memory, Field(description="memory of the function behind the API")] = _MEMORY_MB
    concurrency: Annotated[
        Concurrency | None,
        Field(
            description="executions reserved for the function, which are also the most that it gets; as at launch when "
            "left out"
        ),
    ] = None
    vpc_endpoints: Annotated[
        VpcEndpoints,
        things.VPC_ENDPOINTS,
        Field(description="make the API private, and let in calls through these VPC endpoints of execute-api only"),
    ] = []
    streaming: Annotated[
        Streaming, Field(description="pass the model's answer on as it comes, where its container streams")
    ] = False

    @model_validator(mode="after")
    def _nothing_is_let_in_without_an_api(self) -> Self:
        """Nobody looks at endpoints that have no meaning."""
        return self.model_copy(update={"vpc_endpoints": []}) if self.mode == "none" and self.vpc_endpoints else self

    @property
    def snapshot(self) -> str:
        """What API Gateway's snapshot of the API has by these members; empty if that is the release's."""
        streams = self.streaming and self.mode != "none"
        return ",".join([*sorted(self.vpc_endpoints), *(["streaming"] if streams else [])])

    @property
    def throttle(self) -> str:
        """Rate and burst with a comma between; empty if there is no throttle of its own."""
        return f"{self.throttle_rate},{self.throttle_burst or self.throttle_rate}" if self.throttle_rate else ""


_EXPECTED: Final = f"json, raw, none, or an object with {', '.join(Api.model_fields)}, none of which is needed"
_EXAMPLE: Final = {"mode": "raw", "throttle_rate": 50, "throttle_burst": 100, "max_request_bytes": 1_000_000}


def _read(value: Any) -> Any:
    """Take the mode alone for an object that has nothing else, and the empty text as a key left out."""
    if value == "":
        return None
    if isinstance(value, str):
        return {"mode": value}
    if not isinstance(value, dict | Api) and value is not None:
        raise PydanticCustomError("expectation", f"must be {_EXPECTED}")
    return value


class InferenceApiParameters(TemplateParameters):
    """Parameters of the blueprint that are about the API."""

    ApiCode: Annotated[str, Field(description="Bucket and key of its function; none without an API.")] = "none,none"
    ApiMode: Annotated[str, Field(description="json, raw or none.")] = "json"
    ApiThrottle: Annotated[str, Field(description="Rate and burst.")] = ""
    ApiMaxBytes: Annotated[str, Field(description="Longest payload.")] = ""
    ApiMemory: Annotated[int, Field(description="MB of its function.")] = _MEMORY_MB
    ApiConcurrency: Annotated[str, Field(description="Of its function.")] = ""
    ApiStreaming: Annotated[str, Field(description="asked, always, or empty: whole answers.")] = ""
    ApiVpcEndpoints: Annotated[str, Field(description="Empty for a public API.")] = ""
    OpenAIRoute: Annotated[str, Field(description="Yes for chat completions.")] = "No"


class WithInferenceApi(BlueprintPipeline):
    """A model that is asked through an API."""

    inference_api: Annotated[
        PerStageObject[
            Annotated[
                Api | None, BeforeValidator(_read, json_schema_input_type=Api | Literal["json", "raw", "none"] | None)
            ]
        ],
        Field(
            description="the API in front of the endpoint: what it takes, its limits, or none",
            json_schema_extra={"default": "json", EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]},
        ),
    ] = None

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        asked = any(self.api_at(stage).mode != "none" for stage in self.stages(launch))
        return (*super().objects(launch), self._code(launch)) if asked else super().objects(launch)

    def _code(self, launch: Launch) -> PlannedObject:
        return function_code.archive(launch.pipelines_bucket, self.stack_name, _FOLDER)

    def api_at(self, stage: Stage | None) -> Api:
        """The API of a stage."""
        return at(self.inference_api, stage) or Api()

    def streams(self, api: Api) -> str:
        """Which answers are streams: `always`, `asked` for those that are asked for as streams, or none."""
        return "always" if api.streaming else ""

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        api = self.api_at(stage)
        if api.mode == "none":
            return {**super().values(launch, stage), "ApiMode": api.mode}
        code = self._code(launch)
        return {
            **super().values(launch, stage),
            "ApiCode": f"{code.bucket},{code.key}",
            "ApiMode": api.mode,
            "ApiThrottle": api.throttle,
            "ApiMaxBytes": str(api.max_request_bytes or ""),
            "ApiMemory": api.memory_mb,
            "ApiConcurrency": str(api.concurrency or ""),
            "ApiStreaming": self.streams(api),
            "ApiVpcEndpoints": ",".join(api.vpc_endpoints),
        }

    @override
    def additions(self, launch: Launch) -> Additions:
        """Have the API deployed again whenever its snapshot is another one in any stage."""
        snapshots = tuple(self.api_at(stage).snapshot for stage in self.stages(launch))
        given = super().additions(launch)
        return replace(given, snapshots=snapshots) if any(snapshots) else given

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        for key, api in by_key("inference_api", self.inference_api):
            if api is not None and api.mode == "none":
                given = api.model_fields_set - {"mode"}
                yield from (
                    f"{key}.{name} has no meaning where there is no API and is ignored" for name in sorted(given)
                )
        apis = [api for _, api in by_key("inference_api", self.inference_api)]
        if None in self.stages(launch) or not any(api and api.vpc_endpoints for api in apis):
            return
        yield (
            "inference_api.vpc_endpoints: VPC endpoints are of the accounts of the stages, where the orchestrator "
            "looks up nothing; through one that is not there nobody reaches the API"
        )
        if not isinstance(self.inference_api, Staged):
            yield (
                "inference_api.vpc_endpoints: the API of each stage lets in the same VPC endpoints; give inference_api "
                "by stage where the accounts of dev, staging and prod have endpoints of their own"
            )

    @rule("inference_api")
    def _burst_has_a_rate(self, _: Launch) -> Iterator[Problem]:
        for key, api in by_key("inference_api", self.inference_api):
            if api is not None and api.throttle_burst and not api.throttle_rate:
                yield Problem(f"{key}.throttle_burst", "needs throttle_rate, which says how fast the burst may return")
