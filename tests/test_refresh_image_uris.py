# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from scripts.packaging.refresh_image_uris import TABLE, build, main, render

DLC = {"us-east-1": "111111111111", "cn-north-1": "222222222222"}
SOURCE = {"distribution": "sagemaker-core", "version": "0"}


def version(**facts: Any) -> dict[str, Any]:
    return {"registries": DLC, "repository": "shop/model", **facts}


def table_of(folder: Path, **files: Any) -> dict[str, Any]:
    for name, config in files.items():
        (folder / f"{name.replace('_', '-')}.json").write_text(json.dumps(config))
    return build(folder, SOURCE)


def images(table: dict[str, Any], framework: str, purpose: str, spelling: str) -> dict[str, dict[str, str]]:
    """The images of one version: {processor: {Python version: repository and tag}}."""
    kinds = table["frameworks"][framework][purpose]
    index = {**kinds["versions"], **kinds["aliases"]}[spelling]
    return {
        processor: {python: image for python, (_, image) in by_python.items()}
        for processor, by_python in table["images"][index].items()
    }


def test_image_is_shared_by_versions_that_differ_in_nothing_else(tmp_path: Path) -> None:
    table = table_of(tmp_path, plain={"scope": ["inference", "training"], "versions": {"1": version(), "2": version()}})
    assert table["images"] == [{"": {"": [0, "shop/model:{version}"]}}]
    assert table["frameworks"]["plain"]["training"] == {"versions": {"2": 0, "1": 0}, "aliases": {}}
    assert table["registries"] == [DLC]
    assert table["suffixes"] == {"cn-north-1": "amazonaws.com.cn"}


def test_processors_pythons_and_containers_are_parts_of_the_tag(tmp_path: Path) -> None:
    facts = version(py_versions=["py38", "py39"], container_version={"cpu": "ubuntu22.04", "gpu": "cu124"})
    table = table_of(tmp_path, parts={"inference": {"processors": ["cpu", "gpu"], "versions": {"1.0": facts}}})
    assert images(table, "parts", "inference", "1.0")["gpu"] == {
        "py38": "shop/model:{version}-gpu-py38-cu124",
        "py39": "shop/model:{version}-gpu-py39-cu124",
    }


def test_alias_has_the_images_of_its_version(tmp_path: Path) -> None:
    section = {
        "versions": {"1.0.1": version(), "1.1": version(tag_prefix="fixed")},
        "version_aliases": {"1.0": "1.0.1"},
    }
    table = table_of(tmp_path, aliased={"scope": ["inference"], **section})
    assert table["frameworks"]["aliased"]["inference"]["aliases"] == {"1.0": 1}
    assert images(table, "aliased", "inference", "1.1") == {"": {"": "shop/model:fixed"}}


def test_processor_left_out_of_the_tag(tmp_path: Path) -> None:
    facts = version(
        processors=["gpu"], processor_in_tag=False, container_version={"gpu": "cuda-v2"}, tag_prefix="server"
    )
    table = table_of(tmp_path, quiet={"scope": ["inference"], "versions": {"2": facts}})
    assert images(table, "quiet", "inference", "2") == {"gpu": {"": "shop/model:server-cuda-v2"}}


def test_python_versions_with_repositories_of_their_own(tmp_path: Path) -> None:
    records = {"py2": version(repository="old"), "py3": version(repository="new")}
    table = table_of(tmp_path, split={"training": {"processors": ["cpu"], "versions": {"1.4": records}}})
    assert images(table, "split", "training", "1.4") == {
        "cpu": {"py2": "old:{version}-cpu-py2", "py3": "new:{version}-cpu-py3"}
    }


def test_graviton_images_stand_beside_those_for_x86(tmp_path: Path) -> None:
    arm = version(repository="pytorch-inference-graviton", container_version={"cpu": "ubuntu22.04"})
    config = {
        "inference": {"processors": ["cpu"], "versions": {"2.0.1": version()}},
        "inference_graviton": {"processors": ["cpu"], "versions": {"2.0.1": arm}},
    }
    assert images(table_of(tmp_path, pytorch=config), "pytorch", "inference", "2.0.1") == {
        "cpu": {"": "shop/model:{version}-cpu"},
        "graviton": {"": "pytorch-inference-graviton:{version}-cpu-ubuntu22.04-sagemaker"},
    }


def test_hugging_face_is_spelt_with_and_without_its_base_framework(tmp_path: Path) -> None:
    record = {
        "version_aliases": {"pytorch2.0": "pytorch2.0.1"},
        "pytorch2.0.1": version(py_versions=["py310"], container_version={"cpu": "ubuntu"}),
        "tensorflow2.11": version(py_versions=["py39"], container_version={"cpu": "ubuntu"}),
    }
    section = {"processors": ["cpu"], "versions": {"4.28.1": record}, "version_aliases": {"4.28": "4.28.1"}}
    table = table_of(tmp_path, huggingface={"inference": section})

    def tag(spelling: str) -> str:
        (image,) = images(table, "huggingface", "inference", spelling)["cpu"].values()
        return image.split(":")[1]

    assert tag("4.28") == tag("4.28.1-pytorch2.0.1") == "2.0.1-transformers4.28.1-cpu-py310-ubuntu"
    assert tag("4.28-pytorch2.0") == "2.0-transformers4.28.1-cpu-py310-ubuntu"
    assert tag("4.28-tensorflow2.11") == "2.11-transformers4.28.1-cpu-py39-ubuntu"


def test_neuron_file_adds_to_its_framework(tmp_path: Path) -> None:
    def section(processor: str, record: dict[str, Any]) -> dict[str, Any]:
        return {"processors": [processor], "versions": {"4.28.1": {"pytorch1.13.1": record}}}

    neuron = version(py_versions=["py310"], container_version={"inf": "ubuntu"}, sdk_versions=["sdk2.9.1", "sdk2.15.0"])
    table = table_of(
        tmp_path,
        huggingface={"inference": section("cpu", version(py_versions=["py310"]))},
        huggingface_neuronx={"inference": section("inf", neuron)},
    )
    assert list(table["frameworks"]) == ["huggingface"]
    assert images(table, "huggingface", "inference", "4.28.1") == {
        "cpu": {"py310": "shop/model:1.13.1-transformers4.28.1-cpu-py310"},
        "inf2": {"py310": "shop/model:1.13.1-transformers4.28.1-neuronx-py310-sdk2.15.0-ubuntu"},
    }


def test_only_what_pipelines_look_up_is_kept(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        spark={"processing": {"versions": {"3.5": version()}}},
        pytorch_smp={"training": {"versions": {"2.0": version()}}},
        clarify={"processing": {"versions": {"1.0": version()}}},
        model_monitor={"scope": ["monitoring"], "versions": {"": version()}},
        instance_gpu_info={"us-east-1": {"ml.p3.2xlarge": {"count": 1}}},
        mxnet={"eia": {"versions": {"1.0": version()}}},
    )
    assert {name: list(purposes) for name, purposes in table["frameworks"].items()} == {
        "clarify": ["processing"],
        "model-monitor": ["processing"],
    }
    assert images(table, "model-monitor", "processing", "") == {"": {"": "shop/model"}}


def test_committed_table_is_as_the_script_writes_it() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert render(json.loads(text)) == text


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(main)
    return app


def test_command_writes_the_table_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "plain.json").write_text(json.dumps({"scope": ["inference"], "versions": {"1": version()}}))
    output = tmp_path / "out" / "table.json"
    output.parent.mkdir()
    args = ["--from", str(tmp_path), "--version", "2.99", "--output", str(output)]
    assert CliRunner().invoke(command(), args).exit_code == 0
    table = json.loads(output.read_text())
    assert table["source"] == {"distribution": "sagemaker-core", "version": "2.99"}
    assert list(table["frameworks"]) == ["plain"]


def test_folder_without_data_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no \*\.json files"):
        build(tmp_path, SOURCE)
    result = CliRunner().invoke(command(), ["--from", str(tmp_path), "--output", str(tmp_path / "table.json")])
    assert result.exit_code == 2
    assert not (tmp_path / "table.json").exists()
