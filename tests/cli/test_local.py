# SPDX-License-Identifier: Apache-2.0
"""`mlops local` as a process of its own, and the other commands against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Final

import pytest

from scripts import paths
from tests.cli.conftest import Mlops
from tests.cli.running import Ended
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture
def request_body(orchestrator: Orchestrator) -> dict[str, Any]:
    return orchestrator.request("by-command")


def test_ready_file_tells_what_others_rely_on(local: Running) -> None:
    ready = local.ready

    assert set(ready) == {"endpoint_url", "region", "api_url", "stack_name", "outputs", "accounts"}
    assert ready["api_url"].startswith(f"{ready['endpoint_url']}/_apis/")
    assert ready["api_url"].endswith("/prod")
    assert ready["accounts"] == {"orchestrator": local.client("sts").get_caller_identity()["Account"]}
    (stack,) = local.client("cloudformation").describe_stacks(StackName=ready["stack_name"])["Stacks"]
    assert {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]} == ready["outputs"]


def test_the_page_is_served_where_it_says(local: Running) -> None:
    said = (local.folder / "log").read_text()
    (address,) = re.findall(r"^all of it on a page: (http://127\.0\.0\.1:\d+/\?token=\S+)$", said, re.MULTILINE)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with opener.open(address) as answer:
        assert "<h1>Pipelines</h1>" in answer.read().decode()


def test_deploying_the_same_changes_nothing(local: Running, mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--json")

    assert ended.status == 0
    assert ended.documents[-1]["changed"] is False
    assert ended.documents[-1]["outputs"] == local.ready["outputs"]


def test_changed_launch_parameter_updates_the_stack(blueprint_policy: Ended) -> None:
    assert blueprint_policy.status == 0
    assert blueprint_policy.documents[-1]["status"] == "UPDATE_COMPLETE"
    changed = [(event["resource"], event["status"]) for event in blueprint_policy.documents[:-1]]
    assert ("DeployRole", "UPDATE_COMPLETE") in changed


def test_unknown_launch_parameter_names_the_nearest(mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--param", "UseModelRegistri=Yes")

    assert ended.status == 2
    assert "did you mean UseModelRegistry?" in ended.err


def test_first_launch_needs_an_address(mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--stack-name", "another")

    assert ended.status == 2
    assert "needs --email ADDRESS: " in ended.err


def _printed(local: Running) -> dict[str, str]:
    """The environment that `mlops local` printed for other shells."""
    lines = (local.folder / "log").read_text().splitlines()
    exports = (line.removeprefix("export ").partition("=") for line in lines if line.startswith("export "))
    return {name: value for name, _, value in exports}


def test_printed_environment_serves_boto3_and_mlops_as_they_are(local: Running, tmp_path: Path) -> None:
    """In another folder, with nothing else set."""
    code = (
        "import boto3; print(boto3.client('sts').get_caller_identity()['Account']);"
        "from scripts.cli import main; import sys; sys.argv = ['mlops', 'list', '--json']; main()"
    )
    environment = {**_printed(local), "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    account, listed = ran.stdout.splitlines()
    assert account == local.ready["accounts"]["orchestrator"]
    assert "pipelines" in json.loads(listed)


def test_orchestrator_launched_anew_is_found(local: Running, mlops: Mlops) -> None:
    """What the state file says of the API is not asked: it may have gone with its stack."""
    state = local.folder / ".local-aws" / "ready.json"
    before = state.read_text()
    told = {**json.loads(before), "api_url": f"{local.ready['endpoint_url']}/_apis/gone/prod"}
    state.write_text(json.dumps(told))
    try:
        ended = mlops("list", "--local")
    finally:
        state.write_text(before)

    assert ended.status == 0, ended.err


def test_stale_address_of_the_api_is_a_sentence(local: Running, mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**_printed(local), "MLOPS_API_URL": f"{local.ready['endpoint_url']}/_apis/gone/prod"}.items():
        monkeypatch.setenv(name, value)
    ended = mlops("list")

    assert ended.status == 1
    assert "there is no orchestrator's API at" in ended.err
    assert "unset MLOPS_API_URL" in ended.err


def test_publishing_makes_the_solution_s_own_bucket(local: Running, mlops: Mlops, tmp_path: Path) -> None:
    ended = mlops("publish", "--local", "--json")

    assert ended.status == 0, ended.err
    account, region = local.ready["accounts"]["orchestrator"], local.ready["region"]
    assert ended.documents[0]["bucket"] == f"mlops-artifacts-{account}-{region}"


def test_publishing_needs_a_bucket_that_exists(mlops: Mlops) -> None:
    ended = mlops("publish", "--local", "--bucket", "no-such-bucket-anywhere")

    assert ended.status == 1
    assert "there is no bucket no-such-bucket-anywhere" in ended.err


def test_refused_request_shows_every_problem_and_makes_nothing(
    orchestrator: Orchestrator, mlops: Mlops, tmp_path: Path
) -> None:
    (tmp_path / "wrong.json").write_text('{"pipeline_type": "byom_realtime_builtin", "model_nam": "x"}')
    before = orchestrator.pipelines()
    ended = mlops("provision", str(tmp_path / "wrong.json"), "--local", "--json")

    assert ended.status == 2
    assert {"model_nam", "model_name", "inference_instance"} <= {
        one["key"] for one in ended.documents[0]["error"]["errors"]
    }
    assert not [one for one in orchestrator.pipelines() - before if "realtimebuiltin" in one]


def test_dry_run_answers_the_plan_and_makes_nothing(
    orchestrator: Orchestrator, mlops: Mlops, request_body: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text(json.dumps({**request_body, "model_name": "only-dry"}))
    ended = mlops("provision", str(tmp_path / "request.json"), "--local", "--json", "--dry-run")

    assert ended.status == 0
    assert ended.documents[0]["plan"]["stack_name"] == "mlops-pipeline-only-dry-byompipelinerealtimebuiltin"
    assert orchestrator.stacks("-only-dry-") == set()


def test_unknown_pipeline_is_wrong_use(mlops: Mlops) -> None:
    ended = mlops("status", "nothing-like-it", "--local")

    assert ended.status == 2
    assert "there is no pipeline nothing-like-it" in ended.err


def test_pipeline_from_request_over_a_refused_destruction_to_its_deletion(
    local: Running, orchestrator: Orchestrator, mlops: Mlops, request_body: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text(json.dumps(request_body))
    provisioned = mlops("provision", str(tmp_path / "request.json"), "--local", "--watch", "--json")
    again = mlops("provision", str(tmp_path / "request.json"), "--local", "--watch")
    listed = mlops("list", "--local", "--model", "by-command")
    shown = mlops("status", "by-command", "--local")
    told = mlops("status", "by-command/realtime", "--local", "--json")
    by_type = mlops("status", "by-command", "--type", "byom_realtime_builtin", "--local", "--json")
    other_type = mlops("status", "by-command", "--type", "batch", "--local")
    refused = mlops("destroy", "--local", "--yes")

    assert provisioned.status == 0, provisioned.out + provisioned.err
    assert provisioned.documents[0]["pipeline_id"] in again.out
    last = provisioned.documents[-1]
    assert (last["kind"], last["state"], last["endpoint"]["status"]) == ("result", "Succeeded", "InService")
    assert (last["stages"][1]["name"], last["stages"][1]["actions"][0]["action"]) == ("DeployPipeline", "deploy_stack")
    assert "No updates are to be performed" in again.out
    assert again.status == 0
    assert "DeployPipeline: Succeeded" in listed.out
    assert f"{local.ready['endpoint_url']}/_apis/" in shown.out
    assert told.documents[0]["outputs"]["InferenceApiUrl"].endswith("/prod/inference")
    assert told.documents[0]["job"] is None
    assert by_type.documents[0]["outputs"] == told.documents[0]["outputs"]
    assert other_type.status == 2
    assert "of this model there is by-command/realtime" in other_type.err
    assert refused.status == 1
    assert "mlops-pipeline-by-command-byompipelinerealtimebuiltin-codepipeline" in refused.err

    deleted = mlops("delete", "by-command", "--local", "--yes", "--watch", "--json")
    assert deleted.status == 0, deleted.out + deleted.err
    assert deleted.documents[-1]["status"] == "DELETED"
    assert orchestrator.stacks("-by-command-") == set()
    assert mlops("delete", "by-command", "--local", "--yes").status == 2


def test_destroying_what_is_not_there_is_done(mlops: Mlops) -> None:
    ended = mlops("destroy", "--local", "--yes", "--stack-name", "another", "--json")

    assert ended.status == 0
    assert ended.documents == [{"kind": "result", "stack": "another", "status": "DELETE_COMPLETE", "kept": []}]


ANOTHER_THREAD: Final = """
import os, signal, sys, threading
from pathlib import Path
from scripts.cli.foreground import staying
main = threading.main_thread()
def sleeps():
    state = Path(f"/proc/self/task/{main.native_id}/stat").read_text().rpartition(")")[2].split()[0]
    return sys._current_frames()[main.ident].f_code.co_name == "wait" and state == "S"
def end():
    while not sleeps():
        forever.wait(0.01)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    forever.wait()
forever = threading.Event()
with staying.until_interrupted():
    threading.Thread(target=end, daemon=True).start()
    staying.wait()
print("ended")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc whether the main thread sleeps")
def test_a_signal_that_another_thread_gets_ends_it(tmp_path: Path) -> None:
    """It does not wake the main thread, which alone handles signals."""
    path = os.pathsep.join(map(str, (paths.ROOT, paths.ROOT / "lambda_src")))
    ran = subprocess.run(
        [sys.executable, "-c", ANOTHER_THREAD],
        cwd=tmp_path, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, "ended\n"), ran.stderr
