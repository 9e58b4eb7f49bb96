# SPDX-License-Identifier: Apache-2.0
"""`smoke_test`: what a deployed model is asked before its stage counts as deployed, and what it has to answer.

The function that asks, `smoke_test/index.py`, is deployed with the test beside it: a payload may have any length, and
another test is another archive.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.serving.inference_api import WithInferenceApi
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.plan import function_code
from orchestrator.plan.plan import PlannedObject
from orchestrator.plan.stack_tags import SMOKE_TEST_TAG
from orchestrator.values.common import EXPECT_KEYWORD, NUMBER, Expect
from orchestrator.values.per_stage import PerStageObject, Stage, at, by_key, key_at
from orchestrator.values.template_parameters import TemplateParameters

_FOLDER: Final = "smoke_test"
_LONGEST_BODY: Final = 6 * 1024 * 1024
"""Bytes: what a Lambda function takes, and so the inference API.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
_MEDIA_TYPE: Final = r"^[!#$&^_.+a-zA-Z0-9-]+/[!#$&^_.+a-zA-Z0-9-]+(; ?[ -~]+)?$"


def _something(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("expectation", "must be what the model reads, a text or any JSON value but null")
    return value


def _compiled(expression: str) -> str:
    import jmespath  # noqa: PLC0415  it comes with boto3, which validation does without

    try:
        jmespath.compile(expression or "@")
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).splitlines()[0]
        raise PydanticCustomError(
            "expectation", "must be a JMESPath expression ({reason})", {"reason": reason.rstrip(":.")}
        ) from None
    return expression


Payload = Annotated[Any, AfterValidator(_something)]
MediaType = Annotated[str, Field(max_length=256, pattern=_MEDIA_TYPE), Expect("a MIME type", example="text/csv")]
AcceptedType = Annotated[
    str, Field(max_length=256, pattern=f"^$|{_MEDIA_TYPE}"), Expect("a MIME type", example="application/json")
]
Expression = Annotated[str, Field(max_length=1024), AfterValidator(_compiled)]
Status = Annotated[int, Field(ge=200, le=599), NUMBER, Expect("an HTTP status, 200 to 599")]
Milliseconds = Annotated[int, Field(ge=0, le=29_000), NUMBER, Expect("a whole number of milliseconds, 1 to 29000")]
Calls = Annotated[int, Field(ge=1, le=1000), NUMBER, Expect("a whole number, 1 to 1000")]


class SmokeCalls(BaseModel):
    """What a deployed model is asked through its inference API, and what it has to answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    payload: Annotated[Payload, Field(description="what the model reads: a text, or any JSON value but null")]
    content_type: Annotated[MediaType, Field(description="MIME type of the payload")]
    accept: Annotated[
        AcceptedType, Field(description="MIME type that the answer should have; the model's own when left out")
    ] = ""
    expected_status: Annotated[Status, Field(description="HTTP status that the inference API has to answer")] = 200
    expression: Annotated[
        Expression,
        Field(description="JMESPath expression over the answer, which is a text where it is no JSON"),
    ] = ""
    expected: Annotated[Any, Field(description="what the expression has to give; true when left out")] = True
    max_latency_ms: Annotated[
        Milliseconds, Field(description="milliseconds that each call may take; any time when left out")
    ] = 0
    calls: Annotated[Calls, Field(description="number of calls, one after the other")] = 1

    def call(self, mode: str) -> dict[str, Any]:
        """Return the call as the function makes it, headers and body, for an inference API of this mode."""
        if mode == "raw":
            headers = {"Content-Type": self.content_type, "Accept": self.accept or "*/*"}
            text = self.payload if isinstance(self.payload, str) else json.dumps(self.payload)
            return {"headers": headers, "body": text}
        body = {"payload": self.payload, "content_type": self.content_type}
        asked = {**body, "accept": self.accept} if self.accept else body
        return {"headers": {"Content-Type": "application/json", "Accept": "*/*"}, "body": json.dumps(asked)}

    def file(self, mode: str) -> bytes:
        """Return the test as the function reads it; equal tests have equal files."""
        wanted = self.model_dump(include={"expected_status", "expression", "expected", "max_latency_ms", "calls"})
        return json.dumps({**self.call(mode), **wanted}, sort_keys=True).encode()


_EXPECTED: Final = f"an object with {', '.join(SmokeCalls.model_fields)}; only the first two are needed"
_EXAMPLE: Final = {
    "payload": "5.1,3.5,1.4,0.2",
    "content_type": "text/csv",
    "expression": "@ >= `0` && @ <= `1`",
    "max_latency_ms": 500,
    "calls": 20,
}


class SmokeTestParameters(TemplateParameters):
    """The parameter of a blueprint whose model is asked."""

    SmokeTestCode: Annotated[
        str, Field(description="Bus that hears of the smoke test; bucket and key of its function; its digest.")
    ] = ""


class SmokeTested(WithInferenceApi):
    """A pipeline whose model is asked before its stage counts as deployed."""

    smoke_test: Annotated[
        PerStageObject[
            Annotated[
                SmokeCalls | None,
                optional_object(_EXPECTED),
                Field(json_schema_extra={EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]}),
            ]
        ],
        Field(
            description="calls of the inference API after each deployment, which fails if they do; none when left out",
            json_schema_extra={"default": ""},
        ),
    ] = None

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        files = dict.fromkeys(file for stage in self.stages(launch) if (file := self._written(stage)) is not None)
        return (*super().objects(launch), *(self._archive(launch, file) for file in files))

    @override
    def marks(self) -> tuple[tuple[str, str], ...]:
        is_tested = any(test for _, test in by_key("smoke_test", self.smoke_test))
        return (*super().marks(), (SMOKE_TEST_TAG, "yes")) if is_tested else super().marks()

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        values, file = super().values(launch, stage), self._written(stage)
        if file is None:
            return values
        # The bus on which the orchestrator listens is that of its own account.
        bus = f"arn:{launch.partition}:events:{launch.region}:{launch.account}:event-bus/default"
        code = self._archive(launch, file)
        return {**values, "SmokeTestCode": ",".join([bus, code.bucket, code.key, function_code.digest(file)])}

    def _written(self, stage: Stage | None) -> bytes | None:
        test, api = at(self.smoke_test, stage), at(self.inference_api, stage)
        return test.file(api.mode if api else "json") if test else None

    def _archive(self, launch: Launch, file: bytes) -> PlannedObject:
        return function_code.archive(launch.pipelines_bucket, self.stack_name, _FOLDER, [("smoke_test.json", file)])

    @rule("smoke_test")
    def _something_is_compared(self, _: Launch) -> Iterator[Problem]:
        for key, test in by_key("smoke_test", self.smoke_test):
            if test is not None and "expected" in test.model_fields_set and not test.expression:
                yield Problem(f"{key}.expected", "needs expression: what in the answer has to be equal to it")

    @rule("smoke_test")
    def _payload_can_be_sent(self, _: Launch) -> Iterator[Problem]:
        for key, test in by_key("smoke_test", self.smoke_test):
            if test is not None and (length := len(test.call("json")["body"])) > _LONGEST_BODY:
                yield Problem(
                    f"{key}.payload",
                    f"must be shorter: the inference API takes {_LONGEST_BODY:,} bytes, and this call has {length:,}",
                )

    @rule("smoke_test", "inference_api")
    def _there_is_an_api(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, partial(self._without_api, launch))

    def _without_api(self, launch: Launch, stage: Stage | None) -> Iterator[Problem]:
        api, key = at(self.inference_api, stage), key_at("smoke_test", self.smoke_test, stage)
        if at(self.smoke_test, stage) is None or api is None:
            return
        if api.mode == "none":
            yield Problem(
                key,
                "needs an inference API, through which the model is asked: give inference_api json or raw, or leave "
                "smoke_test out",
            )
        elif api.vpc_endpoints and not launch.options.values(stage)["FunctionSubnetIds"]:
            yield Problem(
                key,
                "cannot reach a private inference API from outside a VPC: launch the orchestrator with "
                "FunctionSubnetIds, or leave smoke_test or inference_api.vpc_endpoints out",
            )
