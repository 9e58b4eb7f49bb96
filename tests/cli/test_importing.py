# SPDX-License-Identifier: Apache-2.0
"""`mlops import` as a person and a script use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from scripts import paths
from tests.cli.conftest import Mlops

FILES: Final = paths.ROOT / "tests" / "migration"
REGION: Final = ("--region", "eu-west-1")


def test_accepted_files_end_with_status_0(mlops: Mlops) -> None:
    files = sorted(str(path) for path in (FILES / "single").glob("*.json"))
    ended = mlops("import", *files, *REGION)

    assert ended.status == 0
    assert all(file in ended.out for file in files)
    assert "0 refused" in ended.out


def test_launch_options_decide_what_is_accepted(mlops: Mlops) -> None:
    staged = [str(path) for path in (FILES / "multi").glob("*.json")]
    assert mlops("import", *staged, "--option", "multi-account", *REGION).status == 0
    assert mlops("import", *staged, *REGION).status == 2

    packaged = [str(path) for path in (FILES / "registry").glob("*.json")]
    assert "model package is deployed" not in mlops("import", *packaged, "--use-model-registry", *REGION).out
    assert "model package is deployed" in mlops("import", *packaged, *REGION).out


def test_everything_is_told_with_its_line(mlops: Mlops) -> None:
    file = str(FILES / "mlops-config.json")
    ended = mlops("import", file, *REGION)

    assert ended.status == 2
    lines = ended.out.splitlines()
    assert f"{file}:11: entry 2, byom_batch_builtin tide-level: refused" in lines
    assert any(line.startswith(f"  {file}:17: inference_instance: must be") for line in lines)
    assert any(line.startswith("  changed: A status that is left out") for line in lines)
    assert f'  {file}:9: data_capture_location: "tide-capture/live/" is written "tide-capture/live"' in lines
    assert "5 requests: 1 accepted as it is, 2 accepted, with a change in meaning, 2 refused" in lines[-1]


def test_a_machine_gets_one_document(mlops: Mlops) -> None:
    ended = mlops("import", str(FILES / "mlops-config.json"), str(FILES / "broken.json"), "--json", *REGION)

    assert ended.status == 2
    (answer,) = ended.documents
    assert (answer["accepted"], answer["changed"], answer["refused"]) == (1, 2, 3)
    assert [entry["outcome"] for entry in answer["entries"]].count("refused") == 3
    second = answer["entries"][1]
    assert {key: second["errors"][0][key] for key in ("key", "line")} == {"key": "inference_instance", "line": 17}
    assert second["request"] is None
    assert answer["entries"][0]["request"]["data_capture_location"] == "tide-capture/live"


def test_it_needs_no_region(mlops: Mlops) -> None:
    ended = mlops("import", str(FILES / "single" / "image_builder.json"))
    assert ended.status == 0
    assert "around it: The output of a pipeline's stack is PipelineName" in ended.out


def test_a_missing_file_does_not_hide_the_others(mlops: Mlops) -> None:
    ended = mlops("import", "nothing.json", str(FILES / "single" / "image_builder.json"), *REGION)

    assert ended.status == 2
    assert "nothing.json cannot be read: No such file or directory" in ended.out
    assert "byom_image_builder r7: accepted as it is" in ended.out


def test_accepted_requests_are_written_and_are_valid(mlops: Mlops, tmp_path: Path) -> None:
    original = shutil.copy(FILES / "mlops-config.json", tmp_path / "mlops-config.json")
    before = original.read_bytes()
    ended = mlops("import", "mlops-config.json", "--out", "clean", *REGION)

    assert ended.status == 2
    assert original.read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "clean").iterdir()) == [
        "mlops-config-1.json",
        "mlops-config-3.json",
        "mlops-config-4.json",
    ]
    assert mlops("check", "clean/mlops-config-1.json", *REGION).status == 0
    assert mlops("import", "mlops-config.json", "--out", "clean", *REGION).out == ended.out


def test_nothing_is_overwritten(mlops: Mlops, tmp_path: Path) -> None:
    original = shutil.copy(FILES / "single" / "training.json", tmp_path / "training.json")
    before = original.read_bytes()
    ended = mlops("import", "training.json", "--out", ".", *REGION)

    assert ended.status == 2
    assert "training.json exists and holds something else" in ended.err
    assert original.read_bytes() == before


def test_two_requests_for_one_file_are_refused_before_any_is_written(mlops: Mlops, tmp_path: Path) -> None:
    for folder, name in (("a", "image_builder"), ("b", "training")):
        (tmp_path / folder).mkdir()
        shutil.copy(FILES / "single" / f"{name}.json", tmp_path / folder / "request.json")
    ended = mlops("import", "a/request.json", "b/request.json", "--out", "clean", *REGION)

    assert ended.status == 2
    assert "two requests would be written to clean/request.json" in ended.err
    assert not (tmp_path / "clean").exists()


def test_a_list_too_long_for_an_upload_is_told(mlops: Mlops, tmp_path: Path) -> None:
    body = json.loads((FILES / "single" / "image_builder.json").read_text(encoding="utf-8"))
    (tmp_path / "many.json").write_text(json.dumps([body] * 51))

    assert "many.json: there are 51 requests" in mlops("import", "many.json", *REGION).out
