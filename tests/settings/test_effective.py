# SPDX-License-Identifier: Apache-2.0
"""An option, else the environment, else the project's file, else the person's own; each mistake by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_orchestrator.settings import effective, owners
from mlops_orchestrator.settings.effective import Given, Setting
from mlops_orchestrator.settings.files import SettingsError


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose person has a file of settings."""
    file = tmp_path / "home" / "mlops" / "mlops.toml"
    file.parent.mkdir(parents=True)
    file.write_text('region = "eu-north-1"\nbucket = "of-person"\n[parameters]\nA = "person"\nB = "person"\n')
    return {"XDG_CONFIG_HOME": str(tmp_path / "home")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder below one with a file of settings."""
    folder = tmp_path / "project" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / "project" / "mlops.toml").write_text(
        'region = "eu-west-1"\nstack_name = "ours"\nprofile = "work"\noutput = "json"\n'
        '[parameters]\nA = "project"\nLimit = 3\nSubnets = ["a", "b"]\n'
    )
    return folder


def _of_project(project: Path) -> str:
    return str(project.parent / "mlops.toml")


def test_each_source_wins_over_the_next(project: Path, home: dict[str, str]) -> None:
    file = _of_project(project)
    environment = {**home, "AWS_REGION": "us-west-1"}

    assert effective.settings(Given(region="us-east-2"), project, environment).region == Setting(
        "us-east-2", "--region"
    )
    assert effective.settings(Given(), project, environment).region == Setting("us-west-1", "AWS_REGION")
    found = effective.settings(Given(), project, home)
    assert found.region == Setting("eu-west-1", file)
    assert found.stack_name == Setting("ours", file)
    assert found.bucket == Setting("of-person", f"{home['XDG_CONFIG_HOME']}/mlops/mlops.toml")
    assert found.option == Setting("single-account")
    assert found.launch_parameters == {"A": "project", "B": "person", "Limit": "3", "Subnets": "a,b"}


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_both_variables_of_a_region_count(variable: str, tmp_path: Path) -> None:
    assert effective.settings(Given(), tmp_path, {variable: "eu-west-3"}).region.value == "eu-west-3"


def test_credentials_of_the_environment_win_over_the_profile_of_a_file(project: Path, home: dict[str, str]) -> None:
    assert effective.settings(Given(), project, home).profile.value == "work"
    assert effective.settings(Given(), project, {**home, "AWS_ACCESS_KEY_ID": "any"}).profile == Setting(
        "", "AWS_ACCESS_KEY_ID"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('regoin = "eu-west-1"', "regoin: is not known, the nearest is region"),
        ("zzz = 1", "zzz: is not known; there are profile, region,"),
        ('region = "Ireland"', "region: must be an AWS Region, such as eu-west-1; got 'Ireland'"),
        ("profile = 3", "profile: must be the name of a profile; got 3"),
        ('output = "xml"', "output: must be text, table or json; got 'xml'"),
        ("parameters = 1", "parameters: must be a table of launch parameters"),
        ("[parameters]\nA = true", 'parameters.A: a launch parameter is no boolean: write "Yes" or "No"; got True'),
        ("region = ", "is no TOML: "),
    ],
    ids=["typo", "unknown", "region", "profile", "output", "parameters", "boolean", "syntax"],
)
def test_mistake_is_told_by_file_and_key(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "mlops.toml").write_text(line)
    with pytest.raises(SettingsError) as refused:
        effective.settings(Given(), tmp_path, {})

    assert str(refused.value).startswith(str(tmp_path / "mlops.toml"))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_mistakes_are_told_at_once(project: Path, home: dict[str, str]) -> None:
    Path(_of_project(project)).write_text('region = "x"\nbuckett = "y"\n')
    Path(home["XDG_CONFIG_HOME"], "mlops", "mlops.toml").write_text("output = 1\n")
    with pytest.raises(SettingsError) as refused:
        effective.settings(Given(), project, home)

    assert len(str(refused.value).splitlines()) == 3


def test_wrong_value_of_a_variable_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MLOPS_OUTPUT: must be one of json, text, table; got 'xml'"):
        effective.settings(Given(), tmp_path, {"MLOPS_OUTPUT": "xml"})


def test_file_of_somebody_else_is_not_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder above may be everybody's, such as /tmp."""
    owner = Path(_of_project(project)).stat().st_uid
    monkeypatch.setattr(owners.os, "geteuid", lambda: owner + 4711)
    monkeypatch.setattr(owners, "_ADMINISTRATOR", owner + 1)
    found = effective.settings(Given(), project, {})

    assert found.region == Setting("")
    assert found.found.notices == (f"{_of_project(project)} belongs to somebody else, and is not read",)
