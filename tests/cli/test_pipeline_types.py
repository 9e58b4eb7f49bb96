# SPDX-License-Identifier: Apache-2.0
"""`mlops pipeline-types`, offline and against one orchestrator on the local AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Mlops
from tests.cli.running import Ended
from tests.end_to_end import adding
from tests.end_to_end.running import Running
from tests.pipeline_types import linted

ADMINISTRATOR = """
  Root:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]
      Policies:
        - PolicyName: All
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
"""


def write(folder: Path, name: str = "work_log", resources: str = "") -> str:
    """The folder of a type that makes a log group, and these resources, too."""
    folder.mkdir(exist_ok=True)
    (folder / "pipeline.yaml").write_text(adding.DEFINITION.replace("work_log", name), encoding="utf-8")
    blueprint = adding.BLUEPRINT.replace("Outputs:", f"{resources}\nOutputs:")
    (folder / "blueprint.yaml").write_text(blueprint, encoding="utf-8")
    return str(folder)


@pytest.fixture(autouse=True)
def _linted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    linted.only_once(monkeypatch)


class TestCheck:
    def test_a_good_folder_says_what_to_do_next(self, mlops: Mlops, tmp_path: Path) -> None:
        folder = write(tmp_path / "good")
        told = mlops("pipeline-types", "check", folder)
        assert told.status == 0, told.err
        assert "it makes the pipeline type work_log" in told.out
        assert told.out.endswith(f"next: mlops pipeline-types add {folder}\n")

    def test_problems_come_with_file_and_line(self, mlops: Mlops, tmp_path: Path) -> None:
        folder = write(tmp_path / "bad", name="modeltraining")
        told = mlops("pipeline-types", "check", folder, "--json")
        assert told.status == 2
        (error,) = told.documents[0]["error"]["errors"]
        assert (error["file"], error["line"], error["key"]) == ("pipeline.yaml", 2, "pipeline_type")
        told = mlops("pipeline-types", "check", folder)
        assert told.err.startswith("The folder cannot be added: 1 problem.")
        assert "pipeline.yaml:2" in told.err

    def test_what_the_deploy_role_lacks_is_a_policy(self, mlops: Mlops, tmp_path: Path) -> None:
        queue = "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: mlops-work}}"
        folder = write(tmp_path / "queue", resources=queue)
        told = mlops("pipeline-types", "check", folder, "--region", "eu-west-1", "--json")
        (statement,) = told.documents[0]["policy"]["Statement"]
        assert statement["Resource"] == ["arn:aws:sqs:eu-west-1:*:mlops-work"]
        assert '"sqs:CreateQueue"' in mlops("pipeline-types", "check", folder).out
        (tmp_path / "policy.json").write_text(json.dumps({"Statement": [statement]}), encoding="utf-8")
        told = mlops("pipeline-types", "check", folder, "--policy", "policy.json", "--json")
        assert told.documents[0]["policy"] is None

    @pytest.mark.parametrize(
        ("content", "options", "status"),
        [
            (None, (), 2),
            ('{"Statement": []}', ("--allow-administrator",), 2),
            ('{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}', (), 2),
            ('{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}', ("--allow-administrator",), 0),
        ],
    )
    def test_an_administrator_takes_policy_and_word(
        self, mlops: Mlops, tmp_path: Path, content: str | None, options: tuple[str, ...], status: int
    ) -> None:
        folder = write(tmp_path / "root", resources=ADMINISTRATOR)
        if content is not None:
            (tmp_path / "policy.json").write_text(content, encoding="utf-8")
            options += ("--policy", "policy.json")
        told = mlops("pipeline-types", "check", folder, *options)
        assert told.status == status
        assert "Root allows *: every action" in (told.err if status else told.out)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("nowhere",), "nowhere is no folder"),
            ((".", "--policy", "nowhere.json"), "nowhere.json cannot be read"),
            ((".", "--policy", "wrong.json"), "wrong.json holds no policy of IAM: the policy is not JSON"),
        ],
    )
    def test_wrong_use_is_status_2(self, mlops: Mlops, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
        (tmp_path / "wrong.json").write_text("{", encoding="utf-8")
        told = mlops("pipeline-types", "check", *arguments)
        assert told.status == 2
        assert words in told.err

    def test_a_region_that_nobody_knows_is_told(self, mlops: Mlops, tmp_path: Path) -> None:
        told = mlops("pipeline-types", "check", write(tmp_path / "good"), "--region", "eu-west-99")
        assert told.status == 1
        assert "cfn-lint knows no Region eu-west-99" in told.err


@pytest.fixture
def run(local: Running, mlops: Mlops) -> Mlops:
    """`mlops pipeline-types` against the local AWS of the current folder."""

    def against_it(*arguments: str) -> Any:
        return mlops("pipeline-types", *arguments, "--local")

    return against_it


def test_a_type_from_its_folder_to_its_end(local: Running, run: Mlops, mlops: Mlops, tmp_path: Path) -> None:
    folder = write(tmp_path / "type", name="crew_log")
    added, again = run("add", folder), run("add", folder, "--json")
    assert added.status == 0, added.out + added.err
    assert '"team": "pilots"' in added.out
    assert "next: mlops provision FILE --dry-run --local" in added.out
    version = again.documents[0]["version"]
    assert (again.status, again.documents[0]["changed"]) == (0, False)

    listed = run("list", "--json").documents[0]["pipeline_types"]
    assert listed[0]["source"] == "built-in"
    assert ("crew_log", version) in [(one["pipeline_type"], one["version"]) for one in listed]
    row = next(line for line in run("list").out.splitlines() if "crew_log " in line)
    assert row.split()[1:5] == ["custom", "stages", version, "ready"]

    request = {**run("new", "crew_log", "--json").documents[0], "team": "crews", "keep_days": 3}
    (tmp_path / "request.json").write_text(json.dumps(request), encoding="utf-8")
    provisioned = mlops("provision", str(tmp_path / "request.json"), "--local")
    assert provisioned.status == 0, provisioned.out + provisioned.err

    stack = "mlops-pipeline-crews-crew-log-codepipeline"
    assert run("remove", "crew_log").status == 2, "nobody can be asked"
    removed = run("remove", "crew_log", "--yes")
    assert removed.status == 0, removed.err
    assert f"to delete it: mlops delete {stack} --local" in removed.out
    again = run("remove", "crew_log", "--yes", "--json")
    assert again.documents == [
        {
            "message": "The pipeline type crew_log was withdrawn before; nothing was changed.",
            "pipeline_type": "crew_log",
            "changed": False,
            "pipelines": [stack],
        }
    ]
    row = next(line for line in run("list").out.splitlines() if "crew_log " in line)
    assert "withdrawn" in row
    assert mlops("provision", str(tmp_path / "request.json"), "--local").status == 2
    assert run("add", folder, "--json").documents[0]["changed"] is True


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("byom_realtime_builtin", "is a built-in pipeline type"),
        ("nobody", "there is no pipeline type nobody that was added"),
        ("../provisioned", "there is no pipeline type ../provisioned that was added"),
    ],
)
def test_only_what_was_added_can_be_removed(run: Mlops, name: str, words: str) -> None:
    told = run("remove", name, "--yes")
    assert told.status == 2
    assert words in told.err


def test_nothing_is_added_where_no_orchestrator_is(run: Mlops, tmp_path: Path) -> None:
    told = run("add", write(tmp_path / "type"), "--stack-name", "another")
    assert told.status == 2
    assert "no orchestrator is deployed as the stack another" in told.err


def test_a_broken_folder_reaches_no_bucket(local: Running, run: Mlops, tmp_path: Path) -> None:
    told = run("add", write(tmp_path / "type", name="byom_batch_builtin"), "--json")
    assert told.status == 2
    assert told.documents[0]["error"]["errors"][0]["key"] == "pipeline_type"
    found = local.client("s3").list_objects_v2(
        Bucket=local.ready["outputs"]["PipelinesBucketName"], Prefix="pipeline-types/byom"
    )
    assert found["KeyCount"] == 0


def test_the_launched_policy_decides_on_administrators(run: Mlops, blueprint_policy: Ended, tmp_path: Path) -> None:
    """It lets blueprints write policies of roles, and attach none."""
    assert blueprint_policy.status == 0
    policy = "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/mlops-orchestrator-boundary"
    boundary = f"      PermissionsBoundary: !Sub '{policy}'\n"
    bounded = ADMINISTRATOR.replace("      Policies:", f"{boundary}      Policies:")
    unbounded = run("add", write(tmp_path / "unbounded", name="work_free", resources=ADMINISTRATOR))
    assert "has no permissions boundary" in unbounded.err
    attached = (
        bounded.partition("      Policies:")[0]
        + "      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess']\n"
    )
    refused = run(
        "add", write(tmp_path / "attached", name="work_attached", resources=attached), "--allow-administrator"
    )
    assert refused.status == 2
    assert "allows iam:AttachRolePolicy and you give --allow-administrator" in refused.err
    folder = write(tmp_path / "root", name="work_root", resources=bounded)
    assert run("add", folder).status == 2, "the operator has not said so"
    assert run("add", folder, "--allow-administrator").status == 0
