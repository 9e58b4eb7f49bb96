# SPDX-License-Identifier: Apache-2.0
"""Plan of what a valid request will make, decided before anything is made.

    request + settings -> ProvisioningPlan (this module: pure) -> effects (`provision.py`)

A plan is a frozen value: the same request under the same settings gives the same plan, which is what a dry run answers,
what makes a repeated request a no-op, and what tests compare.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from orchestrator.plan import layout
from orchestrator.plan.additions import NO_ADDITIONS, Additions
from orchestrator.plan.automation import NOTHING, PlannedAutomation
from orchestrator.plan.monitor_engines import PlannedEngine
from orchestrator.values.tags import Tags

if TYPE_CHECKING:
    from orchestrator import answers

# The oldest date a zip can hold: equal content makes equal bytes whenever it is packed.
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

TAGS_FILE: Final = "tags.json"
"""The member of a package with the tags of each StackSet, by the name of its parameter file."""
TEMPLATE_URL_FILE: Final = "template-url.txt"
"""The member of a package that says where StackSets read a template that is too long for a request."""
REQUEST_FILE: Final = "request.json"
"""The member of a package with the request as it was understood; another request alone makes no other package."""
MASKED_FILE: Final = "masked.json"
"""The member of a package with the keys of its request and the names of its parameters whose values are not shown."""
REQUEST_NOTE: Final = "request"
"""The note of a package that has it."""
MOST_INLINE_BYTES: Final = 51_200
"""The longest template that CloudFormation takes inside a request.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""
_MASK: Final = "********"


@dataclass(frozen=True)
class ParameterFile:
    """A blueprint's parameter values as one file of the package, in the form of CodePipeline's template configuration.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
    """

    holds_tags: ClassVar[bool] = True
    """Whether the form has a place for the stack's tags."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    tags: Tags = ()
    masked: frozenset[str] = frozenset()
    """Names of the parameters whose values are not shown."""

    def shown(self) -> dict[str, str]:
        """The parameters as people see them."""
        return {name: _MASK if name in self.masked else value for name, value in self.parameters}

    def text(self) -> str:
        """The file's content (compatibility 2.8)."""
        return json.dumps({"Parameters": dict(self.parameters), "Tags": dict(self.tags)}, indent=4)


class StackSetParameterFile(ParameterFile):
    """The same in the form that a StackSet takes."""

    holds_tags = False

    def text(self) -> str:
        """The file's content (compatibility 2.8)."""
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters]
        return json.dumps(listed, indent=4)


@dataclass(frozen=True)
class PlannedObject:
    """An object that what is deployed will read. Its key follows from its content, so nothing ever replaces it."""

    bucket: str
    key: str
    content: bytes
    kms_key_arn: str = ""
    """The key, or alias of a key, that encrypts it; empty leaves it to the bucket."""
    content_type: str = "application/json"

    @property
    def uri(self) -> str:
        """Its address."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def shown(self) -> str:
        """Its content as people see it: an archive by its size and digest."""
        if self.content_type != "application/zip":
            return self.content.decode()
        return f"zip archive of {len(self.content):,} bytes, SHA-256 {hashlib.sha256(self.content).hexdigest()}"


Files = tuple[tuple[str, bytes], ...]
"""Names and contents."""


@dataclass(frozen=True)
class Package:
    """Package that a pipeline's source action reads: the blueprint template and its parameter files."""

    key: str
    files: Files
    counted: Files = ()
    """What makes it another package, if that is not the files as they are."""
    notes: tuple[tuple[str, str], ...] = ()
    """What is said of it where it is stored, so that nobody has to open it."""

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents, hexadecimal; how the zip is compressed does not count."""
        digest = hashlib.sha256()
        for name, content in self.counted or self.files:
            digest.update(f"{name}:{len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()

    def zipped(self) -> bytes:
        """The files as a zip archive."""
        import zipfile  # noqa: PLC0415  a refused request packs nothing, and does without

        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files:
                archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


@dataclass(frozen=True)
class PackagedBlueprint:
    """Blueprint that the orchestrator must store where a pipeline's source action reads."""

    template: str
    """Path of a bundled template, e.g. `blueprints/realtime_inference.yaml`; with a bucket, its key there."""
    package_key: str
    parameter_files: tuple[ParameterFile, ...]
    objects: tuple[PlannedObject, ...] = ()
    """What the parameters refer to; stored before the package."""
    members: tuple[tuple[str, bytes], ...] = ()
    """What the package holds in addition, as names and contents."""
    template_bucket: str = ""
    """Where the template lies that is not bundled."""
    template_digest: str = ""
    """SHA-256 of that template, hexadecimal."""
    follows_tags: bool = True
    """Whether other tags alone make it another package."""
    request: bytes = field(default=b"", compare=False)
    """The request as it was understood, as JSON; the package holds it, and is no other for it."""
    automation: PlannedAutomation = NOTHING
    """What the pipeline does by itself."""
    marks: tuple[tuple[str, str], ...] = ()
    """Further tags of the pipeline's stack."""
    masked_keys: frozenset[str] = frozenset()
    """Keys of the request whose values are not shown."""
    additions: Additions = NO_ADDITIONS
    """What the template gets before it is packaged."""

    @property
    def file_name(self) -> str:
        """Name of the blueprint template inside the package."""
        return self.template.rsplit("/", 1)[-1]

    def packed(self, template: bytes, template_url: str = "") -> Package:
        """The blueprint template with the parameter files, the tags that these have no place for, and what else is due.

        The URL is that of a template which was stored for StackSets.
        """
        url = [(TEMPLATE_URL_FILE, template_url.encode())] if template_url else []
        first, rest = (self.file_name, template), (*url, *self.members)
        written = (first, *_written(self.parameter_files), *rest)
        untagged = [replace(file, tags=()) for file in self.parameter_files]
        counted = written if self.follows_tags else (first, *_written(untagged), *rest)
        about = tuple(self._about()) if self.request else ()
        noted = ((REQUEST_NOTE, "yes"),) if self.request else ()
        own = self.automation
        return Package(self.package_key, (*written, *about), (*counted, *own.members), (*noted, *own.notes))

    def _about(self) -> Iterator[tuple[str, bytes]]:
        """The request, and what of it and of the parameters is not shown."""
        yield REQUEST_FILE, self.request
        masked = {
            "keys": self.masked_keys,
            "parameters": {name for file in self.parameter_files for name in file.masked},
        }
        if any(masked.values()):
            yield MASKED_FILE, json.dumps({name: sorted(found) for name, found in masked.items()}, indent=4).encode()

    def oversized_template(self, template: bytes, bucket: str) -> PlannedObject | None:
        """The template as an object of its own where StackSets deploy it and a request cannot hold it.

        CodePipeline's own action reads it out of the package, whatever its length.
        """
        if len(template) <= MOST_INLINE_BYTES or all(file.holds_tags for file in self.parameter_files):
            return None
        folder = self.package_key.rpartition("/")[0]
        key = f"{folder}/{layout.TEMPLATES}{hashlib.sha256(template).hexdigest()}.yaml"
        return PlannedObject(bucket, key, template, content_type="text/yaml")

    def description(self) -> answers.BlueprintPlan:
        """Its part of the answer to a dry run."""
        return {
            "blueprint_template": self.template,
            "package_key": self.package_key,
            "parameters": {file.name: file.shown() for file in self.parameter_files},
            "tags": {file.name: dict(file.tags) for file in self.parameter_files},
            **({"objects": {found.uri: found.shown for found in self.objects}} if self.objects else {}),
        }


def _written(parameter_files: Sequence[ParameterFile]) -> Iterator[tuple[str, bytes]]:
    """Parameter files, and one with the tags that they have no place for."""
    apart = {file.name: dict(file.tags) for file in parameter_files if not file.holds_tags}
    yield from ((file.name, file.text().encode()) for file in parameter_files)
    if apart:
        yield TAGS_FILE, json.dumps(apart, indent=4).encode()


@dataclass(frozen=True)
class Deployment:
    """Deployment of a pipeline under one name: always a stack that holds a CodePipeline.

    Most pipelines deploy a packaged blueprint; one without `blueprint` reads a source that its users put in place.
    """

    stack_name: str
    """Stack with what was asked for; in several accounts, the beginning of the names of the stack sets with it."""
    pipeline_stack_name: str
    """Stack that holds the CodePipeline."""
    pipeline_template: str
    """Path of a bundled template, e.g. `pipelines/single_account_codepipeline.yaml`."""
    pipeline_parameters: tuple[tuple[str, str], ...]
    tags: Tags
    """Of the stack that holds the CodePipeline, beside those by which the orchestrator knows it."""
    blueprint: PackagedBlueprint | None = None

    def with_request(self, sent: bytes) -> Self:
        """Return the same with a request for its package, if there is one."""
        return replace(self, blueprint=replace(self.blueprint, request=sent)) if self.blueprint else self


@dataclass(frozen=True)
class ProvisioningPlan:
    """Everything that provisioning one request needs to know."""

    pipeline_type: str
    alternatives: tuple[Deployment, ...]
    """By preference: a later one counts when the stacks of those before belong to other pipelines."""
    owner: str = ""
    """Identity in the tag `mlops:subject` of the pipeline stack; empty where the stack's name alone is enough."""
    label: str = ""
    """What people call that which the pipeline is for; a tag of its stack says it to them."""
    engine: PlannedEngine | None = None
    """What does the work of a monitor; `None` for other pipelines."""

    @property
    def deployment(self) -> Deployment:
        """The preferred one."""
        return self.alternatives[0]

    def sent_as(self, body: Mapping[str, Any]) -> Self:
        """Return the plan of a request with this body, as it was understood: packages hold it."""
        sent = json.dumps({key: value for key, value in body.items() if key != "dry_run"}, indent=4).encode()
        return replace(self, alternatives=tuple(each.with_request(sent) for each in self.alternatives))

    def description(self) -> answers.Plan:
        """The plan as the answer to a dry run."""
        deployment, *others = self.alternatives
        if_taken = [other.pipeline_stack_name for other in others]
        plan: answers.Plan = {
            "pipeline_type": self.pipeline_type,
            "stack_name": deployment.stack_name,
            "pipeline_stack_name": deployment.pipeline_stack_name,
            "pipeline_template": deployment.pipeline_template,
            "pipeline_parameters": dict(deployment.pipeline_parameters),
        }
        if self.engine:
            plan["monitor_engine"] = self.engine.name
        if if_taken:
            plan["pipeline_stack_names_if_taken"] = if_taken
        return {**plan, **deployment.blueprint.description()} if deployment.blueprint else plan
