# SPDX-License-Identifier: Apache-2.0
"""Every kind of value a request or a template parameter can have, once.

A field type is a pydantic annotation. The request models validate with it, the generator turns it into a CloudFormation
parameter, the documentation quotes its words. Patterns are anchored, use no look-around, and mean the same to Rust
(pydantic), Java (CloudFormation) and Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from orchestrator import reach
from orchestrator.values import things
from orchestrator.values.s3_spellings import KeyOfAssets
from orchestrator.values.visible_text import VISIBLE

EXPECT_KEYWORD: Final = "x-expect"
"""The JSON Schema keyword that carries an `Expect`'s words."""
SPELLING_KEYWORD: Final = "x-also-spelt"
"""The JSON Schema keyword that carries the other spelling of a key."""
NAMES_KEYWORD: Final = "x-names"
"""The JSON Schema keyword that says what kind of thing of others a value names: `reach.Kind.words`."""


@dataclass(frozen=True)
class Expect:
    """Words for a valid value that complete "must be ...", with an example where one says more.

    One sentence serves the API's problem text, the template's ConstraintDescription and the reference page.
    """

    words: str
    example: str | None = None
    but: str = ""

    @property
    def sentence(self) -> str:
        """The words, the example, and what the value must not be."""
        example = f", such as {self.example}" if self.example else ""
        return f"{self.words}{example}{f', {self.but}' if self.but else ''}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source), custom_error_type="expectation", custom_error_message=f"must be {self.sentence}"
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        examples = {"examples": [self.example]} if self.example else {}
        return {**handler(schema), EXPECT_KEYWORD: self.sentence, **examples}


@dataclass(frozen=True)
class AlsoSpelt:
    """Another spelling of a request's key, accepted in place of the declared one (lesson 95)."""

    key: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), SPELLING_KEYWORD: self.key}


@dataclass(frozen=True)
class Names:
    """Mark of a value that names somebody's thing, which the operator must allow requests to name.

    It stands last, because what comes after it would put other words in the place of the reason.
    """

    kind: reach.Kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._allowed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), NAMES_KEYWORD: self.kind.words}

    def _allowed(self, value: str, info: ValidationInfo) -> str:
        """Without a launch it is no request: parameters of templates are filled with what was validated."""
        problem = info.context.launch.reach.problem(self.kind, value) if info.context is not None else ""
        if problem:
            raise PydanticCustomError("not_allowed", "{problem}", {"problem": problem})
        return value


def no_boolean(value: Any) -> Any:
    """Refuse a boolean, which only Python takes for a number."""
    if isinstance(value, bool):
        raise ValueError(value)
    return value


NUMBER: Final = BeforeValidator(no_boolean)
"""Before validation as a number."""

# S3 keys may hold almost anything. What is kept out would change the meaning of an IAM resource (wildcards, policy
# variables) or is listed by S3 under "characters to avoid".
_KEY_CHARACTERS: Final = r"[^*?$\\\"<>|{}^%`~#\[\]\x00-\x1f\x7f]"
BUCKET: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
KEY: Final = rf"[^/*?$\\\"<>|{{}}^%`~#\[\]\x00-\x1f\x7f]{_KEY_CHARACTERS}*"
_ARN_PREFIX: Final = r"arn:aws[a-z0-9-]*"
PACKAGE_GROUP_NAME: Final = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_KMS_ALIAS: Final = r"alias/[a-zA-Z0-9/_-]{1,250}"
# A container image, as https://github.com/distribution/reference has it: repositories are lower case in every registry.
_REGISTRY: Final = r"([a-zA-Z0-9][a-zA-Z0-9.-]*(:[0-9]+)?/)?"
_REPOSITORY: Final = r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*"
_TAG: Final = r"(:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})?"
_IMAGE_DIGEST: Final = r"(@sha256:[a-f0-9]{64})?"

ModelName = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=80, pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$"),
    Expect(
        "80 letters, digits and inner hyphens at most",
        example="my-model",
        but="because it becomes part of a stack name",
    ),
]

InstanceType = Annotated[
    str,
    Field(min_length=7, max_length=64, pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$"),
    Expect("a SageMaker instance type", example="ml.m5.large"),
]

BucketName = Annotated[
    str,
    Field(min_length=3, max_length=63, pattern=rf"^{BUCKET}$"),
    Expect("the name of an S3 bucket"),
]

OptionalBucketName = Annotated[
    str,
    Field(max_length=63, pattern=rf"^({BUCKET})?$"),
    Expect("the name of an S3 bucket in this Region, or empty"),
]


@dataclass(frozen=True)
class WithoutTrailingSlash:
    """Drop one trailing slash after validation (compatibility 2.10): location and key are joined by exactly one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(lambda value: value.removesuffix("/"), handler(source))


KeyPrefix = Annotated[
    str,
    Field(max_length=1024, pattern=rf"^({KEY})?$"),
    Expect("how the keys of objects begin, or empty"),
]


AssetsKey = Annotated[
    str,
    Field(max_length=1024, pattern=rf"^({KEY})?$"),
    KeyOfAssets(),
    VISIBLE,
    Expect(
        "the key of an object in the assets bucket",
        example="models/v1/model.tar.gz",
        but="without bucket and s3://",
    ),
    things.AN_ASSET,
]

AssetsPrefix = Annotated[
    str,
    # Room for the name of a job and what SageMaker puts below it, within its limit of 1,024 characters for a URI.
    Field(min_length=1, max_length=800, pattern=rf"^{KEY}$"),
    KeyOfAssets(),
    VISIBLE,
    Expect(
        "a key or prefix in the assets bucket",
        example="some/prefix",
        but="without bucket, s3:// and wildcards",
    ),
    WithoutTrailingSlash(),
]

AssetsData = Annotated[
    str,
    Field(min_length=1, max_length=800, pattern=rf"^{KEY}$"),
    KeyOfAssets(),
    VISIBLE,
    Expect(
        "the key of a file in the assets bucket, or the prefix of several",
        example="some/data.csv",
        but="without bucket, s3:// and wildcards",
    ),
    things.ASSETS,
]

CsvKey = Annotated[
    str,
    Field(min_length=1, max_length=800, pattern=rf"^{KEY}$"),
    KeyOfAssets(),
    VISIBLE,
    Expect(
        "the key of a CSV file in the assets bucket",
        example="baselines/with-header.csv",
        but="without bucket and s3://",
    ),
]

EndpointName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True),
    Field(max_length=63, pattern=r"^([a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})?$"),
    Expect("63 letters, digits and inner hyphens at most", example="my-endpoint"),
]

KmsKeyArn = Annotated[
    str,
    Field(
        max_length=2048,
        pattern=rf"^({_ARN_PREFIX}:kms:[a-z0-9-]+:[0-9]{{12}}:(key/[a-zA-Z0-9-]+|{_KMS_ALIAS}))?$",
    ),
    Expect(
        "the ARN of a KMS key or of an alias of one",
        example="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    Names(reach.KEY),
    things.A_KEY,
]

KmsKeyAlias = Annotated[
    str,
    Field(max_length=256, pattern=rf"^({_KMS_ALIAS})?$"),
    Expect("the name of an alias of a KMS key, or empty", example="alias/my-key"),
]

EcrRepositoryArn = Annotated[
    str,
    Field(max_length=512, pattern=rf"^({_ARN_PREFIX}:ecr:[a-z0-9-]+:[0-9]{{12}}:repository/[a-z0-9._/-]+)?$"),
    Expect("the ARN of an Amazon ECR repository, or empty"),
]

ImageUri = Annotated[
    str,
    Field(max_length=255, pattern=rf"^({_REGISTRY}{_REPOSITORY}{_TAG}{_IMAGE_DIGEST})?$"),
    Expect("the URI of a container image", example="111122223333.dkr.ecr.eu-west-1.amazonaws.com/my-images:v1"),
    Names(reach.REPOSITORY),
    things.AN_IMAGE,
]

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
RepositoryName = Annotated[
    str,
    Field(min_length=2, max_length=256, pattern=r"^([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*$"),
    Expect("the name of an Amazon ECR repository", example="my-images", but="in lower case"),
    Names(reach.REPOSITORY),
    things.A_REPOSITORY,
]

ImageTag = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9._-]*$"),
    Expect(
        "128 letters, digits, underscores, periods and hyphens at most",
        example="v1.0",
        but="not beginning with a period or a hyphen",
    ),
]

SourceKey = Annotated[
    str,
    Field(min_length=1, max_length=1024, pattern=rf"^{KEY}$"),
    KeyOfAssets(),
    VISIBLE,
    Expect("the key of a zip in the assets bucket", example="images/my-image.zip", but="without bucket and s3://"),
    things.AN_ASSET,
]

# The seven characters that Secrets Manager adds to a name are part of the ARN.
SecretArn = Annotated[
    str,
    Field(
        max_length=2048,
        pattern=rf"^({_ARN_PREFIX}:secretsmanager:[a-z0-9-]+:[0-9]{{12}}:secret:[a-zA-Z0-9/_+=.@-]+)?$",
    ),
    Expect(
        "the ARN of a Secrets Manager secret",
        example="arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlops/docker-hub-AbCdEf",
    ),
    Names(reach.SECRET),
    things.A_SECRET,
]

ModelPackageArn = Annotated[
    str,
    Field(
        max_length=176,
        pattern=rf"^({_ARN_PREFIX}:sagemaker:[a-z0-9-]+:[0-9]{{12}}:model-package/{PACKAGE_GROUP_NAME}/[0-9]{{1,9}})?$",
    ),
    Expect(
        "the ARN of a model package version",
        example="arn:aws:sagemaker:eu-west-1:111122223333:model-package/my-group/4",
    ),
    Names(reach.PACKAGE_GROUP),
]

ModelPackageGroupName = Annotated[
    str,
    Field(max_length=63, pattern=rf"^({PACKAGE_GROUP_NAME})?$"),
    Expect("the name of a model package group, or empty"),
]

FrameworkName = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=64, pattern=r"^([a-zA-Z0-9][a-zA-Z0-9._-]*)?$"),
    Expect("the name of a built-in framework or algorithm", example="xgboost"),
]

FrameworkVersion = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=64, pattern=r"^([a-zA-Z0-9][a-zA-Z0-9._-]*)?$"),
    Expect("a version of the framework", example="1.7-1", but="as a string"),
]

StackName = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^[a-zA-Z][a-zA-Z0-9-]*$"),
    Expect("a CloudFormation stack name"),
]

RoleArn = Annotated[
    str,
    Field(min_length=20, max_length=2048, pattern=rf"^{_ARN_PREFIX}:iam::[0-9]{{12}}:role/.+$"),
    Expect("the ARN of an IAM role"),
]

FileName = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._-]+$"),
    Expect("a file name"),
]

ObjectKey = Annotated[
    str,
    Field(min_length=1, max_length=1024, pattern=rf"^{KEY}$"),
    Expect("an object key"),
]

_ACCOUNT: Final = r"[0-9]{12}"
_UNIT: Final = r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}"
_MOST_TARGETS: Final = 30
"""Accounts of one stage: CodePipeline takes 1,000 characters of user parameters, which name them all."""

AccountIds = Annotated[
    str,
    Field(min_length=12, max_length=13 * _MOST_TARGETS - 1, pattern=rf"^{_ACCOUNT}(,{_ACCOUNT})*$"),
    Expect("an account id of 12 digits, or several with commas between", example="111122223333"),
]

OrganizationalUnitIds = Annotated[
    str,
    Field(min_length=16, max_length=200, pattern=rf"^{_UNIT}(,{_UNIT})*$"),
    Expect("the id of an organizational unit, or several with commas between", example="ou-ab12-34cd56ef"),
]

TopicArn = Annotated[
    str,
    Field(min_length=20, max_length=512, pattern=rf"^{_ARN_PREFIX}:sns:[a-z0-9-]+:{_ACCOUNT}:[a-zA-Z0-9_-]+$"),
    Expect("the ARN of an SNS topic"),
]

FunctionName = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$"),
    Expect("the name of a Lambda function"),
]

PipelineId = Annotated[
    str,
    Field(
        max_length=2048,
        pattern=rf"^({_ARN_PREFIX}:cloudformation:[a-z0-9-]+:[0-9]{{12}}:stack/)?mlops-pipeline-[a-zA-Z0-9-]+(/[a-f0-9-]+)?$",
    ),
    Expect("the pipeline_id that provisioning answered, or the name of that stack"),
]

YesOrNo = Annotated[Literal["Yes", "No"], Expect("Yes or No")]
