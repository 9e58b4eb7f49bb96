# SPDX-License-Identifier: Apache-2.0
"""Offline look-up of SageMaker's built-in container images (compatibility 3).

The results are those of the SageMaker Python SDK's `image_uris.retrieve`. The table in `data/image_uris.json` is made
from its data files by `scripts/packaging/refresh_image_uris.py`, which also describes the table's layout.
See https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html.

A version may be given in full (`1.7-1`, `2.6.0`), as an alias that SageMaker publishes (`2.6`; `latest` if it exists),
or without its last part, for which the newest is taken (xgboost `1.3` is `1.3-1`). A version of `huggingface` is `4.26`
(on its newest PyTorch), or includes its base framework: `4.26-pytorch1.13`, `4.26-tensorflow2.11`.

Of a framework with a single version that is returned, whatever version is given, as by the SDK.

Stricter than the SDK, which may return an unusable image: no inference image for a training job, no other of several
versions than the requested one, no image for another processor than the instance's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import ClassVar, Final, Literal, TypedDict

Purpose = Literal["training", "inference", "processing"]
"""Use of the image; `processing` is that of the monitors (`model-monitor`, `clarify`)."""

ByPython = Mapping[str, tuple[int, str]]
ByProcessor = Mapping[str, ByPython]


class _Versions(TypedDict):
    versions: dict[str, int]
    aliases: dict[str, int]


class _Table(TypedDict):
    source: dict[str, str]
    suffixes: dict[str, str]
    registries: list[dict[str, str]]
    images: list[ByProcessor]
    frameworks: dict[str, dict[str, _Versions]]


_LISTED_VERSIONS: Final = 20
_ANY: Final = ""
_INSTANCE_TYPE: Final = re.compile(r"ml\.(?P<family>[a-z][a-z0-9-]*)\.[a-z0-9-]+")
# An attribute "g" after the generation marks AWS's own ARM processors: m6g, c7gn, r8gd, im4gn.
_GRAVITON_FAMILY: Final = re.compile(r"[a-z]+[0-9]+[a-z]*g[a-z]*")
_PROCESSOR_NAMES: Final = {
    _ANY: "x86",
    "cpu": "CPU",
    "gpu": "GPU",
    "graviton": "Graviton",
    "inf": "Inferentia",
    "trn": "Trainium",
}


@dataclass(frozen=True)
class ImageQuery:
    """Criteria for an image. Without `python_version` the newest Python of the version is chosen."""

    framework: str
    version: str
    region: str
    instance_type: str | None
    purpose: Purpose
    python_version: str | None = None


class UnknownImageError(ValueError):
    """No image matches the query; `key` is the request key at fault, `str()` gives the problem and the valid values."""

    key: ClassVar[str]


class UnknownFrameworkError(UnknownImageError):
    """The framework or algorithm does not exist, or has no image for the purpose."""

    key = "model_framework"


class UnknownVersionError(UnknownImageError):
    """The framework has no such version, or the version has no such Python."""

    key = "model_framework_version"


class UnknownRegionError(UnknownImageError):
    """The image is not published in the Region."""

    key = "region"


class UnknownInstanceError(UnknownImageError):
    """The image does not run on the instance type, or depends on one that is missing."""

    key = "instance_type"


def resolve(query: ImageQuery) -> str:
    """Return the URI of the image; raises the `UnknownImageError` for the part at fault."""
    framework, known = _framework(query)
    version, image = _version(framework, query, known)
    name = f"{framework} {version}".strip()
    by_python = _for_instance(name, query, image)
    registry, path = _for_python(name, query, by_python)
    account = _account(name, query.region, registry)
    suffix = _table()["suffixes"].get(query.region, "amazonaws.com")
    return f"{account}.dkr.ecr.{query.region}.{suffix}/{path.replace('{version}', version)}"


def superfluous_version(query: ImageQuery) -> Iterator[str]:
    """Yield a sentence if the query has another version than the only one that there is, which is taken for it."""
    framework, known = _framework(query)
    only, *others = known["versions"]
    given = query.version.strip()
    if not others and given not in {"", "latest"} and _without_zeros(given) != _without_zeros(only):
        yield f"model_framework_version: {framework} has one version, {only}, which is taken in place of {given}"


def frameworks(purpose: Purpose | None = None) -> tuple[str, ...]:
    """Return the names of all frameworks and algorithms, or of those that have images for the purpose."""
    return tuple(name for name, known in _table()["frameworks"].items() if purpose is None or purpose in known)


def versions(framework: str) -> tuple[str, ...]:
    """Return a framework's versions for any purpose, newest first, without aliases; raises `UnknownFrameworkError`."""
    known = _known(framework)
    return newest_first({version for by_kind in known.values() for version in by_kind["versions"]})


def newest_first(spellings: Iterable[str]) -> tuple[str, ...]:
    """Sort version numbers in descending order: `2.10` before `2.9`, and words such as `latest` last."""
    return tuple(sorted(spellings, key=_version_order, reverse=True))


def _version_order(version: str) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"[0-9]+|[a-z]+", version)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


@cache
def _table() -> _Table:
    path = Path(__file__).parents[1] / "data" / "image_uris.json"
    table: _Table = json.loads(path.read_text(encoding="utf-8"))
    return table


def _normal(framework: str) -> str:
    return framework.strip().lower().replace("_", "-")


def _known(framework: str) -> dict[str, _Versions]:
    known = _table()["frameworks"].get(_normal(framework))
    if known is None:
        raise UnknownFrameworkError(_unknown_framework(framework, frameworks()))
    return known


def _unknown_framework(framework: str, existing: tuple[str, ...]) -> str:
    return (
        f'no built-in image is named "{framework}"{_did_you_mean(_normal(framework), existing)} '
        f"It may be {', '.join(existing)}"
    )


def _framework(query: ImageQuery) -> tuple[str, _Versions]:
    """Return the framework's name as SageMaker spells it, and its versions for the purpose."""
    existing = frameworks(query.purpose)
    known = _table()["frameworks"].get(_normal(query.framework))
    if known is None:
        raise UnknownFrameworkError(_unknown_framework(query.framework, existing))
    if query.purpose not in known:
        raise UnknownFrameworkError(
            f"{_normal(query.framework)} has images for {_joined(known)} only, not for {query.purpose}; "
            f"those have: {', '.join(existing)}"
        )
    return _normal(query.framework), known[query.purpose]


def _version(framework: str, query: ImageQuery, known: _Versions) -> tuple[str, ByProcessor]:
    """Return the version as in the image's tag, and its images."""
    spelling = query.version.strip()
    index = {**known["versions"], **known["aliases"]}
    version = spelling if spelling in index else _completed(spelling, known["versions"])
    if version is None:
        existing = tuple(known["versions"])
        raise UnknownVersionError(
            f'{framework} has no version "{spelling}" for {query.purpose}'
            f"{_did_you_mean(spelling, _akin(spelling, existing))} "
            f"It may be {_newest(existing)}"
        )
    return version, _table()["images"][index[version]]


def _completed(spelling: str, known: Mapping[str, int]) -> str | None:
    """Return the newest full version for one without its last part, or `None`.

    A framework with a single version has that, whatever is asked for.
    """
    if len(known) == 1:
        return next(iter(known))
    if "." not in spelling:
        return None
    one_part_more = re.compile(re.escape(spelling) + "[.-][0-9]+")
    return next((version for version in known if one_part_more.fullmatch(version)), None)


def _without_zeros(version: str) -> str:
    return re.sub(r"(\.0)+$", "", version)


def _for_instance(name: str, query: ImageQuery, image: ByProcessor) -> ByPython:
    """Return the images for the instance type; a family's own image takes precedence over its processor's."""
    if query.instance_type is None:
        return _for_no_instance(name, image)
    family = _family(query.instance_type)
    if family is None:
        if _ANY in image:
            return image[_ANY]
        raise UnknownInstanceError(f'"{query.instance_type}" is not an instance type of SageMaker, such as ml.m5.large')
    processor = _processor(family)
    for candidate in (family, processor, _ANY):
        if candidate in image and (candidate or processor not in {"graviton", "trn"}):
            return image[candidate]
    raise UnknownInstanceError(
        f"{name} has {query.purpose} images for {_processors(image)} instances, "
        f"and {query.instance_type} is a {_PROCESSOR_NAMES[processor]} instance"
    )


def _for_no_instance(name: str, image: ByProcessor) -> ByPython:
    if _ANY in image:
        return image[_ANY]
    # Images for AWS's own processors are chosen only for an instance type with such a processor.
    meant = {processor: image[processor] for processor in ("cpu", "gpu") if processor in image} or image
    first, *others = meant.values()
    if any(other != first for other in others):
        raise UnknownInstanceError(
            f"{name} has different images for {_processors(meant)} instances: give the instance type"
        )
    return first


def _family(instance_type: str) -> str | None:
    match = _INSTANCE_TYPE.fullmatch(instance_type.strip().lower())
    return match["family"] if match else None


def _processor(family: str) -> str:
    if _GRAVITON_FAMILY.fullmatch(family):
        return "graviton"
    if family.startswith(("inf", "trn")):
        return family[:3]
    return "gpu" if family.startswith(("g", "p")) else "cpu"


def _processors(image: ByProcessor) -> str:
    return _joined(_PROCESSOR_NAMES.get(processor, f"ml.{processor}") for processor in image)


def _for_python(name: str, query: ImageQuery, by_python: ByPython) -> tuple[int, str]:
    """Return the image of the requested or newest Python version; an image without one matches any."""
    if query.python_version is None or _ANY in by_python:
        return by_python[max(by_python, key=_python_order)]
    if query.python_version not in by_python:
        raise UnknownVersionError(
            f'{name} has no image with Python version "{query.python_version}": it may be {_joined(by_python)}'
        )
    return by_python[query.python_version]


def _python_order(python: str) -> tuple[int, int]:
    """Return a sort key: `py310` after `py39` after `py3`."""
    digits = python.removeprefix("py")
    return int(digits[:1] or 0), int(digits[1:] or 0)


def _account(name: str, region: str, registry: int) -> str:
    accounts = _table()["registries"][registry]
    if region not in accounts:
        existing = tuple(sorted(accounts))
        raise UnknownRegionError(
            f'{name} has no image in Region "{region}"{_did_you_mean(region, existing)} It may be {", ".join(existing)}'
        )
    return accounts[region]


def _did_you_mean(given: str, existing: tuple[str, ...]) -> str:
    nearest = get_close_matches(given, existing, n=1)
    return f'; did you mean "{nearest[0]}"?' if nearest else "."


def _akin(version: str, existing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the versions of the same minor release, else of the same major one, as candidates for a suggestion."""
    parts = _version_order(version)
    minor, major = ([other for other in existing if _version_order(other)[:n] == parts[:n]] for n in (2, 1))
    return tuple(minor or major)


def _newest(versions: tuple[str, ...]) -> str:
    rest = len(versions) - _LISTED_VERSIONS
    return ", ".join(versions[:_LISTED_VERSIONS]) + (f", ... and {rest} more" if rest > 0 else "")


def _joined(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
