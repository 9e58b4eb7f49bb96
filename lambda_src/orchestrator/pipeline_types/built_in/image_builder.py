# SPDX-License-Identifier: Apache-2.0
"""`byom_image_builder`: builds a container image whenever its source changes (compatibility 3.13, 6).

The pipeline and its resources are one stack. There is no package, because the pipeline reads the uploaded source.

Name of the stack (lesson 35): a plain tag (letters, digits and hyphens) becomes part of the name in lower case, if that
name is free or belongs to this image. Other tags, tags that are too long, and plain tags whose name belongs to another
repository or spelling get a name with a digest of repository and tag. So equal images have equal names, and different
images different ones. A tag of the stack holds its owner, so no list of names is kept.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StrictStr
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.operator_options import LogParameters, RoleParameters
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.base import LONGEST_STACK_NAME, STACK_PREFIX, PipelineRequest, rule
from orchestrator.plan.plan import Deployment
from orchestrator.values import common, json_parameter
from orchestrator.values.common import Expect

TEMPLATE: Final = "pipelines/image_builder.yaml"
_PLAIN_TAG: Final = re.compile(r"[a-zA-Z0-9-]+")
_LONGEST_SLUG: Final = 40
_DIGEST_CHARACTERS: Final = 12
_ARGUMENT_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BUILDKIT: Final = "BUILDKIT_"
"""Prefix of build arguments that configure BuildKit itself: https://docs.docker.com/build/building/variables/#buildkit-built-in-build-args."""
_ARTIFACT_CHARACTERS: Final = 10
"""Characters of an artifact's name that CodePipeline keeps in keys of the artifact store."""

BuildArgumentsText = Annotated[
    str,
    Field(max_length=json_parameter.LONGEST_VALUE, pattern=r"^\{[\x20-\x7e]*\}$"),
    Expect("a JSON object of strings in ASCII"),
]
ArtifactName = Annotated[
    str, Field(pattern=rf"^[0-9a-f]{{{_ARTIFACT_CHARACTERS}}}$"), Expect(f"{_ARTIFACT_CHARACTERS} hexadecimal digits")
]
RequestDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$"), Expect("a SHA-256 digest, hexadecimal")]


class ImageBuilderParameters(RoleParameters, LogParameters):
    """Parameters of the image builder's template; the first four are called as in compatibility 6."""

    AssetsBucket: Annotated[common.BucketName, Field(description="Bucket that holds the source.")]
    CustomImage: Annotated[common.SourceKey, Field(description="Key of the source's zip in the assets bucket.")]
    ECRRepoName: Annotated[common.RepositoryName, Field(description="Repository that receives the image.")]
    ImageTag: Annotated[common.ImageTag, Field(description="Tag of the image.")]
    BuildArguments: Annotated[BuildArgumentsText, Field(description="Build arguments as JSON.")] = "{}"
    RegistryCredentialsSecretArn: Annotated[
        common.SecretArn, Field(description="Secret with username and password for Docker Hub.")
    ] = ""
    RequestDigest: Annotated[
        RequestDigest, Field(description="Digest of what is built; another one makes the pipeline run again.")
    ]
    SourceArtifact: Annotated[
        ArtifactName, Field(description="Name of the source in the artifact store; no other image has it.")
    ]
    PipelinesBucket: Annotated[common.BucketName, Field(description="Bucket of the pipeline's artifacts.")]
    PipelineRoleArn: Annotated[common.RoleArn, Field(description="Role that the pipeline works under.")]
    PipelineStartRoleArn: Annotated[
        common.RoleArn, Field(description="Role under which EventBridge starts the pipeline.")
    ]


class ImageBuilder(PipelineRequest):
    """Build a container image of your own, and again whenever its source changes."""

    postfix: ClassVar = "BYOMPipelineImageBuilder"
    short_name: ClassVar = "image"
    pipeline_stacks: ClassVar = f"{STACK_PREFIX}-*-{postfix.lower()}"
    runs_in_stages: ClassVar = False

    pipeline_type: Literal["byom_image_builder"]
    custom_algorithm_docker: Annotated[
        common.SourceKey, Field(description="zip with the Dockerfile at its root, and all that it copies")
    ]
    ecr_repo_name: Annotated[
        common.RepositoryName, Field(description="repository that receives the image; it must exist")
    ]
    image_tag: Annotated[common.ImageTag, Field(description="tag of the image; it names the pipeline")]
    build_arguments: Annotated[
        dict[str, StrictStr],
        Field(description="values of the Dockerfile's ARG instructions; no secrets, the image shows them"),
        Expect("an object of strings"),
    ] = {}  # noqa: RUF012  pydantic copies it
    registry_credentials_secret_arn: Annotated[
        common.SecretArn,
        Field(description="secret with username and password of a Docker Hub account, whose pull limits then hold"),
    ] = ""

    @rule("build_arguments")
    def _build_arguments_are_named(self, _: Launch) -> Iterator[Problem]:
        for name, value in self.build_arguments.items():
            key = f"build_arguments.{name}"
            if not _ARGUMENT_NAME.fullmatch(name):
                yield Problem(key, "the name must be letters, digits and underscores, not beginning with a digit")
            if name.upper().startswith(_BUILDKIT):
                yield Problem(key, "is an order to the builder and no argument of a Dockerfile: choose another name")
            if "\0" in value:
                yield Problem(key, "must not contain the character NUL: no program can be given it")

    @rule("build_arguments")
    def _build_arguments_fit(self, _: Launch) -> Iterator[Problem]:
        excess = len(self._build_arguments_text) - json_parameter.LONGEST_VALUE
        if excess > 0:
            yield Problem("build_arguments", f"must be {excess} characters shorter to fit CloudFormation")

    @property
    def stack_names(self) -> tuple[str, ...]:
        """The plain name if there is one, e.g. `mlops-pipeline-v1-byompipelineimagebuilder`, then the derived one."""
        slug = re.sub(r"[^a-zA-Z0-9]+", "-", self.image_tag)[:_LONGEST_SLUG].strip("-")
        derived = self._named("-".join(part for part in (slug, self.owner[:_DIGEST_CHARACTERS]) if part))
        plain = self._named(self.image_tag)
        if _PLAIN_TAG.fullmatch(self.image_tag) and len(plain) <= LONGEST_STACK_NAME:
            return plain, derived
        return (derived,)

    @property
    def owner(self) -> str:
        """Digest of repository and tag, which together are too long for a stack's tag."""
        return hashlib.sha256(f"{self.ecr_repo_name}:{self.image_tag}".encode()).hexdigest()

    @property
    def label(self) -> str:
        """The image's tag."""
        return self.image_tag

    @property
    def cost_tag(self) -> str:
        """The repository of the image."""
        return self.ecr_repo_name

    @property
    def pipeline_stack_name(self) -> str:
        """The same as `stack_name`: pipeline and build are one stack."""
        return self.stack_name

    def _named(self, infix: str) -> str:
        return f"{STACK_PREFIX}-{infix}-{self.postfix}".lower()

    @property
    def _build_arguments_text(self) -> str:
        return json_parameter.text(self.build_arguments)

    @override
    def planned_deployment(self, settings: Settings) -> Deployment:
        build = {
            "AssetsBucket": settings.launch.assets_bucket,
            "CustomImage": self.custom_algorithm_docker,
            "ECRRepoName": self.ecr_repo_name,
            "ImageTag": self.image_tag,
            "BuildArguments": self._build_arguments_text,
            "RegistryCredentialsSecretArn": self.registry_credentials_secret_arn,
        }
        parameters = ImageBuilderParameters(
            **build,
            RequestDigest=hashlib.sha256(json.dumps(build, sort_keys=True).encode()).hexdigest(),
            SourceArtifact=self.owner[:_ARTIFACT_CHARACTERS],
            PipelinesBucket=settings.launch.pipelines_bucket,
            PipelineRoleArn=settings.pipeline_role_arn,
            PipelineStartRoleArn=settings.pipeline_start_role_arn,
        )
        filled = settings.launch.options.fill(parameters, stage=None)
        return Deployment(
            stack_name=self.stack_name,
            pipeline_stack_name=self.pipeline_stack_name,
            pipeline_template=TEMPLATE,
            pipeline_parameters=tuple(filled.values_as_text().items()),
            tags=self.pipeline_tags(settings.launch),
        )
