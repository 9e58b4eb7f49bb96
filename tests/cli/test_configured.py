# SPDX-License-Identifier: Apache-2.0
"""`mlops config`, and what commands take from the settings that it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running


def test_every_setting_is_shown_with_its_source(mlops: Mlops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlops.toml").write_text('bucket = "ours"\n[parameters]\nUseModelRegistry = "Yes"\n')
    monkeypatch.setenv("MLOPS_STACK_NAME", "theirs")
    ended = mlops("config", "--region", "eu-west-1", "--json")

    assert ended.status == 0
    (told,) = ended.documents
    assert told["settings"] == {
        "profile": {"value": "", "source": "default"},
        "region": {"value": "eu-west-1", "source": "--region"},
        "stack_name": {"value": "theirs", "source": "MLOPS_STACK_NAME"},
        "bucket": {"value": "ours", "source": str(tmp_path / "mlops.toml")},
        "option": {"value": "single-account", "source": "default"},
        "output": {"value": "table", "source": "default"},
        "parameters.UseModelRegistry": {"value": "Yes", "source": str(tmp_path / "mlops.toml")},
    }
    assert told["files"] == [str(tmp_path / "mlops.toml")]
    assert told["aws"] == "AWS, which --region names"
    assert "MLOPS_STACK_NAME" in mlops("config").out


def test_without_a_file_it_says_where_to_write_one(mlops: Mlops, tmp_path: Path) -> None:
    shown = mlops("config").out

    assert f"No mlops.toml was found: write {tmp_path / 'mlops.toml'}, or for all folders " in shown
    assert "Commands of this folder use AWS, by the credentials that boto3 finds." in shown


def test_mistake_in_a_file_is_wrong_use(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "mlops.toml").write_text('regoin = "eu-west-1"\n')
    ended = mlops("list")

    assert ended.status == 2
    assert ended.err == f"error: {tmp_path / 'mlops.toml'}: regoin: is not known, the nearest is region\n"


def test_root_stack_of_a_file_has_no_name_of_a_pipeline(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "mlops.toml").write_text('stack_name = "mlops-pipeline-x"\nregion = "eu-west-1"\n')
    ended = mlops("deploy", "--yes")

    assert ended.status == 2
    assert "begins with mlops-pipeline-" in " ".join(ended.err.split())


def test_local_aws_is_found_without_an_option_and_told_of(local: Running, mlops: Mlops) -> None:
    ended = mlops("list", "--json")

    assert ended.status == 0, ended.err
    assert ended.err == (
        f"note: using the local AWS of {local.folder}, at {local.ready['endpoint_url']};"
        " --profile or --region choose AWS\n"
    )
    told = mlops("config", "--json").documents[0]
    assert (
        told["aws"]
        == f"the local AWS at {local.ready['endpoint_url']}, which {local.folder}/.local-aws/ready.json names"
    )
    assert told["settings"]["region"]["value"] == local.ready["region"]


def test_stack_of_the_settings_is_asked(local: Running, mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_STACK_NAME", "another")
    ended = mlops("list", "--local")

    assert ended.status == 2
    assert "no orchestrator is deployed as the stack another in" in ended.err


def test_local_aws_that_has_ended_is_one_sentence(mlops: Mlops, tmp_path: Path) -> None:
    state = tmp_path / ".local-aws" / "ready.json"
    state.parent.mkdir()
    state.write_text('{"endpoint_url": "http://127.0.0.1:9", "region": "us-east-1", "stack_name": "x"}')
    ended = mlops("destroy", "--yes")

    assert ended.status == 2
    assert len(ended.err.splitlines()) == 1
    assert "does not answer at http://127.0.0.1:9 (it has ended, and is forgotten)" in ended.err
    assert not state.exists()
    state.write_text('{"endpoint_url": "http://127.0.0.1:9", "region": "us-east-1", "stack_name": "x"}')
    assert mlops("new", "byom_realtime_builtin").status == 0


def test_form_of_the_output_is_that_of_the_settings(
    mlops: Mlops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlops.toml").write_text('output = "json"\nregion = "eu-west-1"\n')

    assert mlops("config").documents[0]["settings"]["output"]["value"] == "json"
    assert "error" in mlops("check", "nothing.json").documents[0]
    monkeypatch.setenv("MLOPS_OUTPUT", "text")
    assert "Commands of this folder use" in mlops("config").out
