# SPDX-License-Identifier: Apache-2.0
"""`mlops local --option multi-account` as a process of its own, and a pipeline that people approve and reject."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.cli.conftest import Mlops
from tests.end_to_end import users
from tests.end_to_end.multi_account import accounts
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

_STACK = "mlops-pipeline-by-stages-byompipelinerealtimebuiltin"


@pytest.fixture
def local(multi_account: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The local AWS of the current folder."""
    monkeypatch.chdir(multi_account.folder)
    return multi_account


@pytest.fixture
def orchestrator(local: Running) -> Orchestrator:
    return users.with_artifact(local.deployment)


def _write(folder: Path, request: dict[str, Any]) -> str:
    (folder / "request.json").write_text(json.dumps(request))
    return str(folder / "request.json")


def _reached(local: Running) -> list[str]:
    """The stages whose StackSet has made its stack."""
    cloudformation = local.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_sets").paginate(Status="ACTIVE")
    sets = [one["StackSetName"] for page in pages for one in page["Summaries"]]
    return [
        stage
        for stage in STAGE_ACCOUNTS
        for name in sets
        if name.startswith(f"{_STACK}-{stage}-") and cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
    ]


def test_ready_file_names_the_accounts(local: Running) -> None:
    orchestrator = local.client("sts").get_caller_identity()["Account"]

    assert local.ready["accounts"] == {"orchestrator": orchestrator, **STAGE_ACCOUNTS}


def test_model_goes_from_stage_to_stage_as_people_decide(
    local: Running, orchestrator: Orchestrator, mlops: Mlops, tmp_path: Path
) -> None:
    request = _write(tmp_path, orchestrator.request("by-stages"))
    provisioned = mlops("provision", request, "--local", "--watch", "--json")

    assert provisioned.status == 0, provisioned.out + provisioned.err
    (asked,) = provisioned.documents[-1]["waiting_approvals"]
    assert (asked["stage"], asked["action"], asked["target"]) == ("DeployDev", "DeployStaging", "staging")
    assert asked["approve"] == f"mlops approve {_STACK}-codepipeline staging --local"
    assert _reached(local) == ["dev"]

    assert mlops("approve", "by-stages", "prod", "--local").err.endswith("what waits is staging\n")
    approved = mlops("approve", "by-stages", "staging", "--local", "--comment", "predictions agree", "--json")
    assert approved.documents[0]["execution"] == asked["execution"]
    assert approved.documents[0]["status"] == "Approved"

    watched = mlops("status", "by-stages", "--local", "--watch")
    assert watched.status == 0
    assert "DeployDev/DeployStaging: Succeeded  approved by" in watched.out
    assert f"mlops approve {_STACK}-codepipeline prod --local" in watched.out
    assert "new: prod has nothing of this pipeline yet" in watched.out
    assert _reached(local) == ["dev", "staging"]

    again = mlops("approve", "by-stages", "staging", "--local")
    assert again.status == 1
    assert "nothing waits for a decision on staging: it was approved by" in again.err
    assert "predictions agree" in again.err

    assert mlops("reject", "by-stages", "prod", "--local", "--reason", "too slow").status == 0
    ended = mlops("status", "by-stages", "--local", "--watch")
    assert ended.status == 1
    assert "too slow" in ended.out
    assert "It was rejected" in ended.out
    assert _reached(local) == ["dev", "staging"]


def test_newer_request_waits_behind_an_approval_and_goes_on_after_a_rejection(
    orchestrator: Orchestrator, mlops: Mlops, tmp_path: Path
) -> None:
    """CodePipeline holds a stage for the execution in it: the newer one enters when the older has left."""
    request = orchestrator.request("newer", endpoint_name="newer-live")
    older = mlops("provision", _write(tmp_path, request), "--local", "--watch", "--json")
    changed = {**request, "inference_instance": "ml.c5.2xlarge"}
    newer = mlops("provision", _write(tmp_path, changed), "--local", "--watch", "--json")

    (first,) = older.documents[-1]["waiting_approvals"]
    (asked,) = newer.documents[-1]["waiting_approvals"]
    assert newer.status == 0
    assert asked["execution"] == first["execution"]
    assert asked["newer_execution"] not in ("", first["execution"])
    (change,) = newer.documents[-1]["changes"]
    assert (change["execution"], change["is_first"], change["problem"]) == (first["execution"], True, "")

    assert mlops("reject", "newer", "staging", "--local", "--reason", "a newer one waits").status == 0
    watched = mlops("status", "newer", "--local", "--watch", "--json")
    (last,) = watched.documents[-1]["waiting_approvals"]
    assert last["execution"] == asked["newer_execution"]
    assert accounts.instance_type(orchestrator.in_account("dev"), "newer-live") == "ml.c5.2xlarge"
    assert accounts.instance_type(orchestrator.in_account("staging"), "newer-live") == ""


@pytest.mark.usefixtures("local")
def test_launch_asks_for_all_that_is_missing_in_words(mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--stack-name", "another", "--option", "multi-account")

    assert ended.status == 2
    ids = [f"--param {stage.capitalize()}{id_}=VALUE" for stage in STAGE_ACCOUNTS for id_ in ("AccountId", "OrgId")]
    needed = ["--email ADDRESS", *ids]
    assert [option for option in needed if f"needs {option}: " not in ended.err] == []
    assert "Account of staging, or several with commas between." in ended.err


def test_policy_for_an_existing_bucket_is_printed_to_be_pasted(local: Running, mlops: Mlops) -> None:
    s3 = local.client("s3")
    s3.create_bucket(Bucket="was-there-before")
    s3.put_bucket_versioning(Bucket="was-there-before", VersioningConfiguration={"Status": "Enabled"})
    given = {"ExistingS3Bucket": "was-there-before", "DelegatedAdminAccount": "No"}
    for stage, account in STAGE_ACCOUNTS.items():
        given |= {f"{stage.capitalize()}AccountId": account, f"{stage.capitalize()}OrgId": "ou-ab12-34cd56ef"}
    options = [word for name, value in given.items() for word in ("--param", f"{name}={value}")]
    ended = mlops(
        "deploy", "--local", "--yes", "--stack-name", "with-bucket", "--option", "multi-account",
        "--email", "you@example.com", *options,
    )  # fmt: skip

    assert ended.status == 0, ended.out + ended.err
    assert "`aws s3api get-bucket-policy --bucket was-there-before` shows the policy it has" in ended.out
    pasted = json.loads(ended.out[ended.out.index("{\n") : ended.out.index("\n}\n") + 3])
    assert pasted["Principal"]["AWS"] == list(STAGE_ACCOUNTS.values())
    assert pasted["Resource"] == ["arn:aws:s3:::was-there-before", "arn:aws:s3:::was-there-before/*"]
    assert "EcrRepositoryPolicyToAdd" not in ended.out


def test_the_accounts_of_a_deployed_orchestrator_are_as_needed(local: Running, mlops: Mlops) -> None:
    ended = mlops("accounts", "check", "--local")
    assert (ended.status, ended.err) == (0, "")
    assert "All is as needed. next: mlops deploy --option multi-account --local" in ended.out
    [document] = mlops("accounts", "check", "--local", "--json").documents
    assert document["ready"] is True
    assert {one["state"] for one in document["checks"]} == {"ok"}


def test_an_account_of_another_organization_is_told_before_the_launch(local: Running, mlops: Mlops) -> None:
    ended = mlops(
        "accounts",
        "check",
        "--local",
        "--param",
        "DelegatedAdminAccount=No",
        "--param",
        "DevAccountId=999999999999",
        "--json",
    )
    assert ended.status == 1
    [document] = ended.documents
    told = {one["check"]: one["words"] for one in document["checks"] if one["state"] == "wrong"}
    assert told["account 999999999999 of dev"] == "it is not in this organization: invite it, or name another"
    assert told["prod"] == "the launch needs --param ProdOrgId=VALUE"


def test_launch_parameters_that_the_launch_would_refuse_are_refused_here(local: Running, mlops: Mlops) -> None:
    ended = mlops("accounts", "check", "--local", "--param", "DevAccountId=9", "--param", "DevOrgIds=ou-ab12-34cd56ef")
    assert ended.status == 2
    assert "--param DevAccountId=VALUE: '9' is not possible" in ended.err
    assert "did you mean DevOrgId?" in ended.err
