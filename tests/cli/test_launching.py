# SPDX-License-Identifier: Apache-2.0
"""What `mlops deploy` makes of its options and of a file of launch parameters, before it asks AWS for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_orchestrator.settings.effective import Given, settings
from scripts.cli.errors import WrongUseError
from scripts.cli.launching import launching, parameter_files
from scripts.cli.options import Stack
from scripts.launch import launch_parameters, stack_tags
from scripts.launch.launch_parameters import LaunchParameterError
from tests.cli.conftest import Mlops

_TEMPLATE = """
Parameters:
  NotificationEmail:
    Type: String
    Description: Address for notifications.
    AllowedPattern: .+@.+
    ConstraintDescription: NotificationEmail must be an e-mail address.
  UseModelRegistry:
    Type: String
    Default: 'No'
    AllowedValues: ['Yes', 'No']
  Name:
    Type: String
    Default: ''
    MaxLength: 5
    ConstraintDescription: Name must be short.
Resources: {}
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "launch.any"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        '{"UseModelRegistry": "Yes", "AlarmErrorCount": 3, "Subnets": ["a", "b"]}',
        'UseModelRegistry: Yes\nAlarmErrorCount: 3\nSubnets: [a, "b"]\n',
        '\ufeff{\n\t"UseModelRegistry": "Yes",\n\t"AlarmErrorCount": "3", "Subnets": "a,b"}',
        '[{"ParameterKey": "UseModelRegistry", "ParameterValue": "Yes"},'
        ' {"ParameterKey": "Kept", "UsePreviousValue": true},'
        ' {"ParameterKey": "AlarmErrorCount", "ParameterValue": "3"},'
        ' {"ParameterKey": "Subnets", "ParameterValue": "a,b"}]',
        '{"Parameters": {"UseModelRegistry": "Yes", "AlarmErrorCount": "3", "Subnets": "a,b"}}',
        "Parameters:\n- {ParameterKey: UseModelRegistry, ParameterValue: Yes}\n"
        "- {ParameterKey: AlarmErrorCount, ParameterValue: 3}\n- {ParameterKey: Subnets, ParameterValue: 'a,b'}\n",
    ],
    ids=["json", "yaml", "json with tabs", "aws command line", "codepipeline", "codepipeline with a list"],
)
def test_every_form_of_a_file_says_the_same(tmp_path: Path, text: str) -> None:
    found = parameter_files.read(_file(tmp_path, text))

    assert found.problems == []
    assert found.parameters == {"UseModelRegistry": "Yes", "AlarmErrorCount": "3", "Subnets": "a,b"}


@pytest.mark.parametrize(
    "tags", ['{"team": "quay", "cost": "7"}', '[{"Key": "team", "Value": "quay"}, {"Key": "cost", "Value": 7}]']
)
def test_a_template_configuration_brings_its_tags(tmp_path: Path, tags: str) -> None:
    found = parameter_files.read(_file(tmp_path, f'{{"Parameters": {{"A": "b"}}, "Tags": {tags}}}'))

    assert (found.parameters, found.tags, found.problems) == ({"A": "b"}, {"team": "quay", "cost": "7"}, [])


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["holds no launch parameters"]),
        ("just words", ["holds no launch parameters"]),
        ("{a: [", ["neither JSON nor YAML"]),
        (
            '{"A": {"B": "c"},\n "D": null,\n "E": "f",\n "E": "g"}',
            ["line 1", "line 2", "line 4: E stands there twice"],
        ),
        ('[{"ParameterKey": "A"},\n "B=c"]', ["line 1: each entry", "line 2: each entry"]),
        (
            '{"Parameters": {"A": "b"},\n "StackPolicy": {},\n "Tags": "x"}',
            ["line 2: StackPolicy", "line 3: an object"],
        ),
    ],
    ids=["empty", "no object", "broken", "values", "entries", "configuration"],
)
def test_everything_wrong_with_a_file_is_named(tmp_path: Path, text: str, problems: list[str]) -> None:
    found = parameter_files.read(_file(tmp_path, text)).problems

    assert len(found) == len(problems)
    assert [wanted for wanted, said in zip(problems, found, strict=True) if wanted not in said] == []


def test_options_win_over_the_file(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        '{"Parameters": {"NotificationEmail": "file@x.org", "A": "file", "B": "file"}, "Tags": {"t": "x", "u": "v"}}',
    )
    wanted = launching.read(
        Stack(email="me@x.org", param=["A=option=1"], parameters=file, tag=["t=option"]), "bucket", settings(Given())
    )

    assert wanted.parameters == {"NotificationEmail": "me@x.org", "A": "option=1", "B": "file"}
    assert wanted.tags == {"t": "option", "u": "v"}


def test_every_wrong_option_is_named_at_once(tmp_path: Path, mlops: Mlops) -> None:
    file = _file(tmp_path, '{"A": null}')
    options = ("--param", "B", "--tag", "C", "--tag", "aws:x=y", "--tag", "mlops:z=y", "--tag", "k=a,b")
    ended = mlops("deploy", "--yes", "--parameters", str(file), *options, "--role-arn", "deployer")

    assert ended.status == 2
    words = ("line 1: the value of A", "--param needs NAME=VALUE; got B", "--tag needs KEY=VALUE; got C")
    words += ("aws: are set by AWS", "mlops: are set by the solution", "tag k:", "--role-arn needs the ARN")
    assert [word for word in words if word not in ended.err] == []


def test_a_file_that_is_not_there_is_wrong_use(mlops: Mlops) -> None:
    ended = mlops("deploy", "--yes", "--parameters", "no-such-file.json", "--json")
    assert ended.status == 2
    (problem,) = ended.documents[0]["error"]["errors"]
    assert "no-such-file.json cannot be read" in problem["problem"]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [("k" * 129, "v", "1 to 128"), ("k", "v" * 257, "at most 256"), ("a=b", "c", "no ="), ("k", "é!", "letters")],
)
def test_tags_that_aws_would_refuse(key: str, value: str, problem: str) -> None:
    (said,) = stack_tags.problems({key: value})
    assert problem in said


def test_a_stack_has_fifty_tags_at_most() -> None:
    assert list(stack_tags.problems({f"k{number}": "" for number in range(50)})) == []
    assert len(list(stack_tags.problems({f"k{number}": "" for number in range(51)}))) == 1


def test_tags_survive_being_a_parameter() -> None:
    tags = {"team": "quay", "cost centre": "a=b", "empty": ""}
    assert stack_tags.of_text(stack_tags.as_text(tags)) == tags
    assert stack_tags.of_text("") == {}


def test_one_answer_names_every_launch_parameter_that_is_wrong() -> None:
    given = {"UseModelRegistri": "Yes", "UseModelRegistry": "yes", "Name": "too long"}
    with pytest.raises(LaunchParameterError) as refused:
        launch_parameters.check(given, launch_parameters.declared(_TEMPLATE), {}, ())

    said = str(refused.value)
    words = ("did you mean UseModelRegistry?", "must be one of Yes, No", "Name must be short.", "needs --email ADDRESS")
    assert [word for word in words if word not in said] == []


def test_what_a_stack_knows_already_need_not_be_given() -> None:
    declared = launch_parameters.declared(_TEMPLATE)
    launch_parameters.check({"Name": "short"}, declared, {"NotificationEmail": "a@b.org"}, ())


def test_an_address_is_checked_before_aws_is_asked() -> None:
    """As the committed template has it."""
    text = (Path(__file__).parents[2] / "templates" / "mlops-orchestrator-single-account.yaml").read_text("utf-8")
    with pytest.raises(LaunchParameterError, match="must be an e-mail address"):
        launch_parameters.check(
            {"NotificationEmail": "nobody"}, launch_parameters.declared(text), {}, ("ArtifactBucket", "ArtifactPrefix")
        )


def test_a_role_must_be_one() -> None:
    assert list(launching.role_problems("arn:aws-us-gov:iam::111122223333:role/path/deployer")) == []
    with pytest.raises(WrongUseError, match="--role-arn"):
        launching.read(Stack(role_arn="arn:aws:iam::111122223333:user/me"), "", settings(Given()))
