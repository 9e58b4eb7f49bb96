# SPDX-License-Identifier: Apache-2.0
"""Write `orchestrator/data/image_uris.json`, the table of built-in images, from `sagemaker-core`'s data files.

Run it with a newer `sagemaker-core` installed (the `images` extra) to get new frameworks, versions and Regions:
`python -m scripts.packaging.refresh_image_uris`. The distribution is read as data and never imported.

All parts of a tag (prefixes, CUDA suffixes, SDK versions, base frameworks) are determined here, so that the look-up at
run time only chooses. Format of the table:

    source       distribution and version that the table was made from
    suffixes     {Region: DNS suffix} of the Regions outside amazonaws.com
    registries   [{Region: account}]
    images       [{processor: {Python version: [index into registries, "repository:tag with {version}"]}}]
    frameworks   {framework: {purpose: {"versions": {version: index into images}, "aliases": {the same}}}}

A processor is `cpu`, `gpu`, `inf`, `trn`, `graviton`, one instance family (`inf2`, `p4d`), or "" if one image serves
every x86 instance. "aliases" holds the other spellings of a version that SageMaker publishes as tags of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from botocore.session import Session

from orchestrator.sagemaker.images import newest_first

DISTRIBUTION: Final = "sagemaker-core"
TABLE: Final = Path(__file__).parents[2] / "lambda_src" / "orchestrator" / "data" / "image_uris.json"

Config = Mapping[str, Any]
Variants = dict[str, dict[str, tuple[int, str]]]

# Elastic Inference ("eia") has ended; no pipeline type uses processing images other than the monitors'.
_PURPOSES: Final = {"training": "training", "inference": "inference", "inference_graviton": "inference"}
_MONITORS: Final = {"model-monitor": "monitoring", "clarify": "processing"}
_ANY: Final = ""
_GRAVITON: Final = "graviton"
_BY_BASE_FRAMEWORK: Final = "huggingface"
# The SDK adds these to a Hugging Face GPU image whose data file names no operating system.
_OLDEST_HUGGING_FACE_GPU: Final = "cu110-ubuntu18.04"
# XGBoost's and scikit-learn's Graviton tags follow no pattern, and the SDK holds them in its code.
_GRAVITON_TAGS: Final = {"xgboost": "{version}-arm64", "sklearn": "{version}-arm64-cpu-py3"}
# On p4d, these GPU images have a build of their own for CUDA 11; the SDK holds them in its code, too.
_P4D_BUILDS: Final = {
    "tensorflow:2.3-gpu-py37": "cu110-ubuntu18.04-v3",
    "tensorflow:2.3.1-gpu-py37": "cu110-ubuntu18.04",
    "tensorflow:2.3.2-gpu-py37": "cu110-ubuntu18.04",
    "tensorflow:1.15-gpu-py37": "cu110-ubuntu18.04-v8",
    "tensorflow:1.15.4-gpu-py37": "cu110-ubuntu18.04",
    "tensorflow:1.15.5-gpu-py37": "cu110-ubuntu18.04",
    "mxnet:1.8-gpu-py37": "cu110-ubuntu16.04-v1",
    "mxnet:1.8.0-gpu-py37": "cu110-ubuntu16.04",
    "pytorch:1.6-gpu-py36": "cu110-ubuntu18.04-v3",
    "pytorch:1.6.0-gpu-py36": "cu110-ubuntu18.04",
    "pytorch:1.6-gpu-py3": "cu110-ubuntu18.04-v3",
    "pytorch:1.6.0-gpu-py3": "cu110-ubuntu18.04",
}


@dataclass(frozen=True)
class Source:
    """Data file that adds images to a framework. A file for AWS's own chips adds to the framework it is named after."""

    framework: str
    tool: str = ""
    """Word in the tag that stands for the processor."""
    processors: Mapping[str, str] = field(default_factory=dict)
    """The file's processor -> the processor of a look-up."""


# Neuron 1 ran on Inf1; NeuronX runs on Inf2 and Trainium.
_NEURON: Final = {
    "huggingface-neuron": Source("huggingface", "neuron", {"inf": "inf1"}),
    "huggingface-neuronx": Source("huggingface", "neuronx", {"inf": "inf2"}),
    "pytorch-neuron": Source("pytorch", "neuron"),
}
# These need SDK settings that no pipeline has; by name and version alone, their tags would not exist.
_NOT_LOOKED_UP: Final = {"huggingface-training-compiler", "pytorch-smp"}


class Table:
    """Table under construction; equal Region maps and equal images are stored once."""

    def __init__(self) -> None:
        self._registries: dict[str, int] = {}
        self._frameworks: dict[str, dict[str, dict[str, dict[str, Variants]]]] = {}

    def registry(self, accounts: Config) -> int:
        """Return the index of a Region map."""
        return self._registries.setdefault(json.dumps(accounts, sort_keys=True), len(self._registries))

    def add(self, framework: str, purpose: str, spelling: tuple[str, str], variants: Variants) -> None:
        """Add the images of one version; `spelling` is ("versions" or "aliases", the version)."""
        purposes = self._frameworks.setdefault(framework, {})
        kinds = purposes.setdefault(purpose, {"versions": {}, "aliases": {}})
        kind, version = spelling
        kinds[kind].setdefault(version, {}).update(variants)

    def document(self, source: Mapping[str, str]) -> dict[str, Any]:
        """Return the finished table."""
        images: dict[str, int] = {}
        frameworks = {
            name: {purpose: _indexed(kinds, images) for purpose, kinds in sorted(purposes.items())}
            for name, purposes in sorted(self._frameworks.items())
        }
        registries = [json.loads(accounts) for accounts in self._registries]
        return {
            "source": dict(source),
            "suffixes": _suffixes({region for accounts in registries for region in accounts}),
            "registries": registries,
            "images": [json.loads(image) for image in images],
            "frameworks": frameworks,
        }


def _indexed(kinds: dict[str, dict[str, Variants]], images: dict[str, int]) -> dict[str, dict[str, int]]:
    """Return each version's images as an index into `images`, which grows. A spelling is a version or an alias."""
    versions, aliases = kinds["versions"], kinds["aliases"]
    for version in versions.keys() & aliases.keys():
        versions[version] = {**aliases.pop(version), **versions[version]}
    return {
        kind: {
            version: images.setdefault(json.dumps(by_version[version], sort_keys=True), len(images))
            for version in newest_first(by_version)
        }
        for kind, by_version in (("versions", versions), ("aliases", aliases))
    }


def _suffixes(regions: set[str]) -> dict[str, str]:
    """Return the DNS suffixes of Regions in partitions that do not use `amazonaws.com`."""
    partitions = Session().get_data("partitions")["partitions"]
    suffixes: dict[str, str] = {}
    for region in sorted(regions):
        partition = next(each for each in partitions if re.match(each["regionRegex"], region))
        suffixes[region] = partition["outputs"]["dnsSuffix"]
    return {region: suffix for region, suffix in suffixes.items() if suffix != "amazonaws.com"}


def build(folder: Path, source: Mapping[str, str]) -> dict[str, Any]:
    """Return the table of the data files in `folder`. Raise ValueError if there are none."""
    table = Table()
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise ValueError(f"{folder} holds no *.json files: give sagemaker-core's image_uri_config folder")
    for path in paths:
        if path.stem not in _NOT_LOOKED_UP:
            _add_file(table, path.stem, json.loads(path.read_text(encoding="utf-8")))
    return table.document(source)


def _add_file(table: Table, name: str, config: Config) -> None:
    source = _NEURON.get(name, Source(name))
    for scope, section in _sections(config):
        purpose = "processing" if _MONITORS.get(name) == scope else _PURPOSES.get(scope)
        if purpose is None or "versions" not in section:
            continue
        for spelling, record in _versions(source, section):
            images = _Images(source, scope, section.get("processors") or record.get("processors") or [], record)
            table.add(source.framework, purpose, spelling, images.variants(spelling[1], table))


def _sections(config: Config) -> Iterator[tuple[str, Config]]:
    """Yield each scope with its part of the file: one part for all scopes, or one each."""
    if "scope" in config:
        yield from ((scope, config) for scope in config["scope"])
    else:
        yield from ((scope, section) for scope, section in config.items() if isinstance(section, dict))


def _versions(source: Source, section: Config) -> Iterator[tuple[tuple[str, str], Config]]:
    """Yield every accepted spelling of a version with its record; the tag has the version as spelt."""
    spellings = [("versions", version, version) for version in section["versions"]]
    spellings += [("aliases", alias, version) for alias, version in section.get("version_aliases", {}).items()]
    for kind, spelling, version in spellings:
        record = section["versions"][version]
        if source.framework == _BY_BASE_FRAMEWORK:
            for base, images in _by_base_framework(source, version, record):
                yield ("aliases", f"{spelling}-{base}") if base else (kind, spelling), images
        else:
            yield (kind, spelling), record


def _by_base_framework(source: Source, version: str, record: Config) -> Iterator[tuple[str, Config]]:
    """Yield the images on each base framework, such as `pytorch1.13` and `pytorch1.13.1`; "" is the newest PyTorch."""
    aliases: Mapping[str, str] = record.get("version_aliases", {})
    bases = newest_first(base for base in record if base != "version_aliases")
    default = next((base for base in bases if base.startswith("pytorch")), bases[0])
    for name, base in [("", default), *((base, base) for base in bases), *aliases.items()]:
        # Only the images for AWS's own chips never have tags with the short number.
        number = re.sub("^[a-z]+", "", base if source.tool or not name else name)
        yield name, {**record[base], "tag_prefix": f"{number}-transformers{version}"}


@dataclass(frozen=True)
class _Images:
    """Images of one version in one scope."""

    source: Source
    scope: str
    processors: list[str]
    record: Config

    def variants(self, version: str, table: Table) -> Variants:
        """Return the image of each processor and Python version."""
        found: Variants = {}
        for processor in self.processors or [_ANY]:
            for python, place in self._pythons():
                registry = table.registry(place["registries"])
                tag = self._tag(version, processor, python)
                for target in self._targets(processor):
                    found.setdefault(target, {})[python] = (registry, _image(place["repository"], tag, version))
        return {**found, **self._p4d(version, found.get("gpu", {}))}

    def _p4d(self, version: str, on_gpu: dict[str, tuple[int, str]]) -> Variants:
        """Return the images for p4d that differ from those for other GPU instances."""
        on_p4d = {}
        for python, (registry, image) in on_gpu.items():
            build = _P4D_BUILDS.get(f"{self.source.framework}:{self._tag(version, 'gpu', python)}")
            on_p4d[python] = (registry, f"{image}-{build}" if build else image)
        return {"p4d": on_p4d} if on_p4d != on_gpu else {}

    def _pythons(self) -> Iterator[tuple[str, Config]]:
        """Yield each Python version with the record that holds its repository."""
        if "repository" in self.record:
            yield from ((python, self.record) for python in self.record.get("py_versions") or [_ANY])
        else:
            yield from self.record.items()

    def _targets(self, processor: str) -> list[str]:
        """Return the processors of a look-up for the file's own word."""
        framework = self.source.framework
        if self.scope == "inference_graviton" or framework.endswith("-arm64"):
            return [_GRAVITON]
        if processor == "neuronx":
            return ["inf2", "trn"]
        if processor == _ANY and framework.endswith("-neuronx"):
            return [_ANY, "trn"]
        return [self.source.processors.get(processor, processor)]

    def _tag(self, version: str, processor: str, python: str) -> str:
        framework = self.source.framework
        if self.scope == "inference_graviton" and framework in _GRAVITON_TAGS:
            return _GRAVITON_TAGS[framework].format(version=version)
        prefix = self.record.get("tag_prefix", version)
        parts = [prefix, self._processor_word(processor), python, *self._container(processor)]
        return "-".join(part for part in parts if part)

    def _processor_word(self, processor: str) -> str:
        # Triton's GPU images have no word for the processor.
        silent = self.source.framework == "sagemaker-tritonserver" and processor == "gpu"
        if silent or not self.record.get("processor_in_tag", True):
            return ""
        return self.source.tool or processor

    def _container(self, processor: str) -> Iterator[str]:
        """Yield the parts of the tag after the Python version: Neuron's SDK version, CUDA and operating system."""
        repository = self.record.get("repository", "")
        if "sdk_versions" in self.record:
            yield newest_first(self.record["sdk_versions"])[0]
        builds: Mapping[str, str] = self.record.get("container_version", {})
        if builds:
            # A few NeuronX training records list their only build under the other chip.
            yield builds[processor] if processor in builds else next(iter(builds.values()))
        elif self.source.framework == _BY_BASE_FRAMEWORK and processor == "gpu":
            yield _OLDEST_HUGGING_FACE_GPU
        if self.scope == "inference_graviton" and re.search("-inference-(graviton|arm64)$", repository):
            yield "sagemaker"


def _image(repository: str, tag: str, version: str) -> str:
    """Return `repository:tag` with a placeholder for the version: equal images of many versions are stored once."""
    if not tag:
        return repository
    placed = re.sub(rf"^{re.escape(version)}(?=-|$)", "{version}", tag) if version else tag
    return f"{repository}:{placed}"


def render(table: Mapping[str, Any]) -> str:
    """Return the table as text: one line for each registry, image and framework, so that a refresh reads as a diff."""
    parts = []
    for name, section in table.items():
        if isinstance(section, list):
            lines = [_line(item) for item in section]
            opening, closing = "[", "]"
        else:
            lines = [f"{_line(key)}:{_line(value)}" for key, value in section.items()]
            opening, closing = "{", "}"
        parts.append(f"{_line(name)}:{opening}\n" + ",\n".join(lines) + f"\n{closing}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def main(
    folder: Annotated[
        Path | None, typer.Option("--from", help="image_uri_config folder; default: the installed sagemaker-core's")
    ] = None,
    version: Annotated[str, typer.Option(help="version to record with --from")] = "unknown",
    output: Annotated[Path, typer.Option(help="file to write")] = TABLE,
) -> None:
    """Write the table of SageMaker's built-in images."""
    if folder is None:
        installed = distribution(DISTRIBUTION)
        folder = Path(str(installed.locate_file("sagemaker/core/image_uri_config")))
        version = installed.version
    try:
        table = build(folder, {"distribution": DISTRIBUTION, "version": version})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    output.write_text(render(table), encoding="utf-8")
    typer.echo(f"{output}: {len(table['frameworks'])} frameworks from {DISTRIBUTION} {version}")


if __name__ == "__main__":
    typer.run(main)
