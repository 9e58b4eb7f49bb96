# SPDX-License-Identifier: Apache-2.0
"""Published version of the solution: files that a launch reads, under a prefix whose content never changes.

The bundle contains what requests deploy. Beside it are the templates that people launch: those of the root stack and
of its permissions boundary.

The version's name contains a digest of all its files. So publishing the same again finds everything there, and
publishing something else never touches what a deployed stack still reads.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts import paths, user_cache
from scripts.packaging import bundle as bundles
from scripts.packaging import region_templates, yaml_nodes
from scripts.packaging.bundle import BUNDLE_NAME, Bundle

DEFAULT_PREFIX: Final = "mlops-workload-orchestrator"
BUCKET_PARAMETER: Final = "ArtifactBucket"
PREFIX_PARAMETER: Final = "ArtifactPrefix"
BAKED_TEMPLATES: Final = paths.DIST / "templates"

_ROOT_TEMPLATE: Final = "mlops-orchestrator-{option}.yaml"
_ROOT_TEMPLATES: Final = _ROOT_TEMPLATE.format(option="*")
BOUNDARY_TEMPLATE: Final = "mlops-permissions-boundary.yaml"
_DIGEST_CHARACTERS: Final = 12
_PACKED_DIGEST: Final = "sha256"
_ALREADY_THERE: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class PublishError(Exception):
    """Raised if nothing can be published, or not there; `str()` gives the reason and the remedy."""


@dataclass(frozen=True)
class Place:
    """Place where a version is published."""

    bucket: str
    prefix: str
    region: str
    url_suffix: str = "amazonaws.com"

    def url(self, name: str) -> str:
        """Return the URL from which CloudFormation reads a published template."""
        return f"https://{self.bucket}.s3.{self.region}.{self.url_suffix}/{self.prefix}/{name}"


@dataclass(frozen=True)
class Release:
    """All files of a version; its root templates do not yet name the place where they are published."""

    version: str
    bundle: bytes
    templates: tuple[tuple[str, str], ...]

    def root_template(self, option: str) -> str:
        """Return the root template of a deployment option. Raise PublishError for one that does not exist."""
        return self._template(root_template_name(option), f"no template for --option {option}")

    def boundary(self) -> str:
        """Return the template of the permissions boundary. Raise PublishError for a release that has none."""
        return self._template(BOUNDARY_TEMPLATE, "no template of a permissions boundary")

    def _template(self, name: str, missing: str) -> str:
        for found, text in self.templates:
            if found == name:
                return text
        raise PublishError(f"there is {missing} yet: {paths.TEMPLATES / name} does not exist")

    def files(self, place: Place) -> Iterator[tuple[str, bytes]]:
        """Yield names below the version's prefix with their contents.

        Root templates come last: once one exists, everything that it needs exists.
        """
        yield BUNDLE_NAME, self.bundle
        yield from ((name, text.encode()) for name, text in self.baked_templates(place))

    def baked_templates(self, place: Place) -> Iterator[tuple[str, str]]:
        """Yield names and texts of what people launch in the place's Region; the boundary's does not depend on it."""
        for name, text in sorted(self.templates, key=lambda found: found[0] != BOUNDARY_TEMPLATE):
            yield (
                name,
                text if name == BOUNDARY_TEMPLATE else baked(region_templates.fitting(text, place.region), place),
            )


def root_template_name(option: str) -> str:
    """Return the file name of a deployment option's root template, `single-account` or `multi-account`."""
    return _ROOT_TEMPLATE.format(option=option)


def assemble(bundle: Bundle, templates: Path = paths.TEMPLATES) -> Release:
    """Assemble a version with this checkout's number. Raise PublishError if templates are missing."""
    texts = {path.name: path.read_text("utf-8") for path in templates.glob(_ROOT_TEMPLATES)}
    if not texts:
        raise PublishError(f"there are no templates in {templates}: run `python -m generator` first")
    texts |= {path.name: path.read_text("utf-8") for path in templates.glob(BOUNDARY_TEMPLATE)}
    digest = hashlib.sha256()
    for name, content in [*bundle.files, *((name, text.encode()) for name, text in sorted(texts.items()))]:
        digest.update(f"{name}:{len(content)}\n".encode())
        digest.update(content)
    version = f"{package_version()}-{digest.hexdigest()[:_DIGEST_CHARACTERS]}"
    return Release(version, _zipped(bundle, digest), tuple(sorted(texts.items())))


def _zipped(bundle: Bundle, digest: hashlib._Hash) -> bytes:
    """Return the bundle's archive, from the cache if possible: packing is the longest step, and reproducible."""
    if sum(len(content) for _, content in bundle.files) < user_cache.WORTHWHILE_BYTES:
        return bundle.zipped()
    digest = digest.copy()
    digest.update(Path(bundles.__file__).read_bytes())

    def pack(folder: Path) -> None:
        content = bundle.zipped()
        (folder / BUNDLE_NAME).write_bytes(content)
        (folder / _PACKED_DIGEST).write_bytes(hashlib.sha256(content).digest())

    packed = user_cache.entry(f"bundle-{digest.hexdigest()}", pack, _is_as_packed)
    return (packed.path / BUNDLE_NAME).read_bytes()


def _is_as_packed(folder: Path) -> bool:
    try:
        content, digest = ((folder / name).read_bytes() for name in (BUNDLE_NAME, _PACKED_DIGEST))
    except FileNotFoundError:
        return False
    return hashlib.sha256(content).digest() == digest


def package_version(checkout: Path = paths.ROOT) -> str:
    """Return the version in a checkout's `setup.cfg`."""
    configuration = configparser.ConfigParser()
    configuration.read(checkout / "setup.cfg", encoding="utf-8")
    return configuration["metadata"]["version"]


def publish(release: Release, place: Place, s3: Any) -> int:
    """Upload the missing files and return their number. Raise PublishError."""
    existing = _existing(place, s3)
    uploaded = 0
    for name, content in release.files(place):
        key = f"{place.prefix}/{name}"
        if key not in existing and _upload(s3, place.bucket, key, content):
            uploaded += 1
        elif not _holds(s3, place.bucket, key, content):
            raise PublishError(
                f"s3://{place.bucket}/{key} is not what this version publishes; a published version never changes."
                " Delete that object, or publish under another --prefix"
            )
    return uploaded


def write_baked_templates(release: Release, place: Place, folder: Path = BAKED_TEMPLATES) -> list[Path]:
    """Write the root templates that name the place, and the boundary, for a launch by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in release.baked_templates(place):
        written.append(folder / name)
        written[-1].write_text(text, encoding="utf-8")
    return written


def baked(template: str, place: Place) -> str:
    """Return a root template whose code parameters default to the place; the rest of the text stays unchanged."""
    document = yaml_nodes.compose(template)
    insertions = []
    for parameter, value in ((BUCKET_PARAMETER, place.bucket), (PREFIX_PARAMETER, place.prefix)):
        declaration = _entry(_entry(document, "Parameters"), parameter)
        first_key = declaration.value[0][0].start_mark
        insertions.append((first_key.index, f"Default: {json.dumps(value)}\n{' ' * first_key.column}"))
    for index, text in sorted(insertions, reverse=True):
        template = template[:index] + text + template[index:]
    return template


def quick_create_url(place: Place, option: str, stack_name: str, console: str) -> str:
    """Return the URL that opens the CloudFormation console with the template and its parameters filled in.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
    """
    query = urllib.parse.urlencode({"templateURL": place.url(root_template_name(option)), "stackName": stack_name})
    return f"https://{place.region}.{console}/cloudformation/home?region={place.region}#/stacks/create/review?{query}"


def _entry(node: Any, key: str) -> Any:
    for name, value in node.value:
        if name.value == key:
            return value
    raise PublishError(f"the root template has no {key}: run `python -m generator`")


def _existing(place: Place, s3: Any) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=f"{place.prefix}/")
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def _holds(s3: Any, bucket: str, key: str, content: bytes) -> bool:
    """Whether an object has this content. Objects stored by other tools may have another kind of checksum."""
    found = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    return bool(found.get("ChecksumSHA256") == _checksum(content) or found["Body"].read() == content)


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _upload(s3: Any, bucket: str, key: str, content: bytes) -> bool:
    """Upload an object, unless it exists by now."""
    described = {
        "ContentType": "application/zip" if key.endswith(".zip") else "text/yaml",
        "ChecksumSHA256": _checksum(content),
    }
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", **described)
    except s3.exceptions.ClientError as error:
        # Somebody else is publishing at the same time.
        if error.response["Error"]["Code"] in _ALREADY_THERE:
            return False
        raise
    return True
