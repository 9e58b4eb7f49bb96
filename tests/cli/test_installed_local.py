# SPDX-License-Identifier: Apache-2.0
"""`mlops local` of the installed product, and a pipeline from the starter to its end with nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from scripts import paths
from scripts.demo import demo_model
from tests.cli.conftest import Mlops
from tests.cli.installed import Installed
from tests.end_to_end.running import Running, Start, mlops_local

pytestmark = pytest.mark.xdist_group("installed")


@pytest.fixture(scope="module")
def local(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    start = Start((installed.mlops,), installed.variables)
    with mlops_local(tmp_path_factory.mktemp("local"), tmp_path_factory.mktemp("calls"), start=start) as running:
        yield running


@pytest.fixture(autouse=True)
def _in_its_folder(local: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(local.folder)


def test_its_bundle_and_templates_are_those_of_the_checkout(local: Running, mlops: Mlops) -> None:
    """What the checkout deploys has the digest of what the installed product has deployed."""
    ended = mlops("deploy", "--local", "--yes", "--json")
    assert ended.status == 0
    assert ended.documents[-1]["changed"] is False


def test_it_goes_from_a_starter_to_a_pipeline(local: Running, installed: Installed) -> None:
    def run(*arguments: str) -> str:
        ended = installed.run(local.folder, installed.mlops, *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    assets, key = local.ready["outputs"]["AssetsBucketName"], "models/model.tar.gz"
    local.client("s3").put_object(Bucket=assets, Key=key, Body=demo_model.package(demo_model.train()))
    bucket = f"mlops-artifacts-{local.ready['accounts']['orchestrator']}-{local.ready['region']}"
    request = {
        **json.loads(run("new", "byom_realtime_builtin", "--region", "eu-west-1")),
        "model_name": "installed",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "model_artifact_location": key,
        "inference_instance": "ml.m5.large",
        "data_capture_location": f"{assets}/captured",
    }
    (local.folder / "request.json").write_text(json.dumps(request))

    assert "The request is valid" in run("check", "request.json", "--region", "eu-west-1")
    assert "is up to date: nothing to change." in run("deploy", "--local", "--yes")
    assert "everything is already in" in run("publish", "--local", "--bucket", bucket)
    assert {path.name for path in (local.folder / "dist" / "templates").iterdir()} == {
        path.name for path in paths.TEMPLATES.glob("*.yaml")
    }
    provisioned = run("provision", "request.json", "--local", "--watch", "--json").splitlines()
    assert json.loads(provisioned[-1])["state"] == "Succeeded"
    # What was asked for is in the current folder, what took long in a cache, and nothing in the installed product.
    assert not {"build", "dist"} & {path.name for path in installed.home.iterdir()}
    assert list(installed.folder.glob(".cache/mlops-workload-orchestrator/build/dependencies-host-*"))


_NOTEBOOK = """
from mlops_orchestrator import NotFound, Orchestrator
from mlops_orchestrator.requests import RealtimeBuiltIn

orchestrator = Orchestrator()
assets = orchestrator.outputs["AssetsBucketName"]
orchestrator.client("s3").put_object(Bucket=assets, Key="models/planned/model.tar.gz", Body=b"of a model")
request = RealtimeBuiltIn(
    model_name="planned", model_framework="xgboost", model_framework_version="1.7-1",
    model_artifact_location="models/planned/model.tar.gz", inference_instance="ml.m5.large",
    data_capture_location=f"{assets}/captured",
)
print(orchestrator.provision(request, dry_run=True).pipeline_stack_name)
try:
    orchestrator.get("planned")
except NotFound:
    print("and nothing is made")
"""


def test_its_client_finds_it_and_plans(local: Running, installed: Installed) -> None:
    ran = installed.run(local.folder, installed.python, "-c", _NOTEBOOK)

    assert ran.stdout.splitlines() == [
        "mlops-pipeline-planned-byompipelinerealtimebuiltin-codepipeline",
        "and nothing is made",
    ]
    assert ran.stderr.startswith(f"note: using the local AWS of {local.folder}")
