# SPDX-License-Identifier: Apache-2.0
"""The registry on the page: groups, their versions, and a version that a person approves or rejects."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from tests.console import registering
from tests.console.registering import METRIC
from tests.console.visiting import Page, Visitor

if TYPE_CHECKING:
    from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
RETRAINED = {
    "retrained_by_monitor": "mlops-pipeline-cells-byomdataqualitymonitor",
    "retrained_by_run": "mlops-monitor-7",
    "retrained_features": "radius / texture",
    "challenger_auc": "0.97",
    "deployed_auc": "0.91",
}


@pytest.fixture(scope="module")
def visitor(orchestrator: Orchestrator) -> Visitor:
    return Visitor(orchestrator.deployment.api)


@pytest.fixture(scope="module")
def group(orchestrator: Orchestrator) -> str:
    return registering.group(orchestrator, "seen-by-console")


def reads_only(orchestrator: Orchestrator) -> OrchestratorApi:
    """The API of a person who may look at models, and change none."""
    iam, deployment = orchestrator.client("iam"), orchestrator.deployment
    account = {"AWS": f"arn:aws:iam::{deployment.aws.account}:root"}
    looks = ["sagemaker:Describe*", "sagemaker:List*", "sagemaker:Search", "execute-api:Invoke"]
    trust, policy = (_policy(Action="sts:AssumeRole", Principal=account), _policy(Action=looks, Resource="*"))
    role = iam.create_role(RoleName="reads-models", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="reads-models", PolicyName="looks", PolicyDocument=policy)
    keys = orchestrator.client("sts").assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    given = (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], deployment.aws.region)
    person = replace(deployment.aws, session=boto3.session.Session(*given), _clients={})
    return replace(deployment.api, client=SignedClient(person))


def _registration(orchestrator: Orchestrator, pipeline_id: str) -> dict[str, Any] | None:
    """What the API tells of it, once it is done."""
    told: dict[str, Any] = orchestrator.deployment.api.details(pipeline_id).body["registration"]
    return told if told["model_package_arn"] else None


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def test_a_trained_model_is_there_with_metrics_gate_and_pipeline(
    orchestrator: Orchestrator, visitor: Visitor, until: Until
) -> None:
    """The one that its gate rejects says why."""
    name = registering.group(orchestrator, "trained-for-console")
    assert "There are no versions." in visitor.visit(f"/models/{name}").text
    good = registering.trained(orchestrator, "console-good", name, min_metric={METRIC: 0.9})
    registering.trained(orchestrator, "console-bad", name, min_metric={METRIC: 2})

    def told_of_both() -> Page | None:
        found = visitor.visit(f"/models/{name}")
        # The reason follows its version.
        return found if "that min_metric allows" in found.text and found.text.count("-job") == 2 else None

    page = until(told_of_both)
    assert {"PendingManualApproval", "Rejected", "console-good-job", "console-bad-job", METRIC} <= set(page.words)
    assert "and 2 is the least that min_metric allows." in page.text

    registration = until(lambda: _registration(orchestrator, good))
    arn = registration["model_package_arn"]
    version = visitor.visit(f"/versions/{arn}")
    assert version.headings == [f"{name}, version {arn.rpartition('/')[2]}"]
    assert {METRIC, f"{registration['metrics'][METRIC]:.6g}"} <= set(version.words)
    link = version.html.partition('<a href="/pipelines/')[2].partition('"')[0]
    assert visitor.visit(f"/pipelines/{link}").headings == ["console-good/training"]
    assert f"The gate of its request: at least {METRIC}=0.9." in version.text
    assert "/metrics.json" in version.text
    assert "Version of the registry" in visitor.visit(f"/pipelines/{good}").text


def test_all_of_a_version_is_shown(orchestrator: Orchestrator, visitor: Visitor, group: str) -> None:
    arn = registering.by_hand(
        orchestrator,
        group,
        ModelPackageDescription="of the winter",
        CustomerMetadataProperties={"auc": "0.93", **RETRAINED},
    )
    page = visitor.visit(f"/versions/{arn}")
    assert {arn, "of the winter", "auc", "0.93", "PendingManualApproval", *RETRAINED, *RETRAINED.values()} <= {
        *page.words
    }
    metrics = page.text.partition("Metrics and gate")[2].partition("Compared with")[0]
    assert "challenger_auc" not in metrics
    compared = page.text.partition("Compared with what was deployed")[2].partition("Containers")[0]
    assert "auc 0.97 0.91" in compared
    stack = "mlops-pipeline-cells-byomdataqualitymonitor-codepipeline"
    assert f'href="/monitors/{stack}?run=mlops-monitor-7"' in page.html
    assert ", which found radius / texture" in page.words
    assert "THREADS=1" in page.text
    assert "None tells of it." in page.words


def test_a_card_that_is_kept_with_a_version_is_shown_with_its_charts(
    orchestrator: Orchestrator, visitor: Visitor, group: str
) -> None:
    bars = {"name": "delays", "type": "bar_chart", "value": [12, 7]}
    evaluation = {"name": "winter", "metric_groups": [{"name": "summary", "metric_data": [bars]}]}
    card = {"intended_uses": {"purpose_of_model": "Plan pilots."}, "evaluation_details": [evaluation]}
    kept = {"ModelCardContent": json.dumps(card), "ModelCardStatus": "PendingReview"}
    page = visitor.visit(f"/versions/{registering.by_hand(orchestrator, group, ModelCard=kept)}")
    assert {"Card kept with the version", "PendingReview", "Plan pilots.", "Numbers of delays"} <= set(page.words)


def test_a_person_approves_and_rejects(orchestrator: Orchestrator, visitor: Visitor, group: str) -> None:
    """Nothing of an earlier rejection stays with an approval."""
    arn = registering.by_hand(orchestrator, group)
    silent = visitor.send(f"/versions/{arn}", decision="reject", words=" ")
    assert (silent.status, "Give a reason" in silent.text) == (400, True)
    assert visitor.send(f"/versions/{arn}", decision="perhaps").status == 400

    assert visitor.send(f"/versions/{arn}", decision="reject", words="unfair to the north").status == 303
    assert {"Rejected", "unfair to the north"} <= set(visitor.visit(f"/versions/{arn}").words)
    described = orchestrator.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Rejected", "unfair to the north")

    assert visitor.send(f"/versions/{arn}", decision="approve").status == 303
    page = visitor.visit(f"/models/{group}")
    assert "Approved without a comment." in page.words
    assert "unfair to the north" not in page.text


def test_whom_iam_does_not_let_is_told_so(orchestrator: Orchestrator, group: str) -> None:
    arn = registering.by_hand(orchestrator, group)
    reader = Visitor(reads_only(orchestrator))
    assert reader.visit(f"/versions/{arn}").status == 200
    refused = reader.send(f"/versions/{arn}", decision="approve", words="I like it")
    assert (refused.status, 'role="alert"' in refused.html, 'value="I like it"' in refused.html) == (409, True, True)
    assert "Nothing was changed: AWS answered AccessDenied" in refused.text
    described = orchestrator.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_large_group_has_pages_of_twenty(orchestrator: Orchestrator, visitor: Visitor) -> None:
    name = registering.group(orchestrator, "large-for-console")
    for number in range(1, 24):
        status = "Approved" if number % 10 == 0 else "Rejected"
        registering.by_hand(orchestrator, name, ModelApprovalStatus=status)
    first = visitor.visit(f"/models/{name}")
    assert [word for word in first.words if word.startswith("Version ")] == [f"Version {n}" for n in range(23, 3, -1)]
    more = first.html.partition('<a href="/models/large-for-console?')[2].partition('"')[0].replace("&amp;", "&")
    second = visitor.visit(f"/models/{name}?{more}")
    assert [word for word in second.words if word.startswith("Version ")] == ["Version 3", "Version 2", "Version 1"]
    approved = visitor.visit(f"/models/{name}?status=Approved")
    assert [word for word in approved.words if word.startswith("Version ")] == ["Version 20", "Version 10"]


def test_groups_have_their_newest_version(orchestrator: Orchestrator, visitor: Visitor, group: str) -> None:
    registering.by_hand(orchestrator, group, ModelApprovalStatus="Approved")
    page = visitor.visit(f"/models?name={group}")
    assert {group, "Approved", f"All models of {group}"} <= set(page.words)
    assert "No group has nobody-s in its name." in visitor.visit("/models?name=nobody-s").text
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:model-package-group/{group}"
    assert visitor.visit(f"/models?name={arn}").location == f"/models/{arn}"


def test_a_group_tells_what_of_it_is_deployed_where(orchestrator: Orchestrator, visitor: Visitor) -> None:
    name = registering.group(orchestrator, "Live-on-console")
    first, second = (registering.by_hand(orchestrator, name, ModelApprovalStatus="Approved") for _ in range(2))
    own_keys = dict.fromkeys(("model_framework", "model_framework_version", "model_artifact_location"))
    orchestrator.provisioned(orchestrator.request("live-on-console", model_package_name=first, **own_keys))
    for page, there in ((f"/models/{name}", True), (f"/versions/{first}", True), (f"/versions/{second}", False)):
        address = visitor.visit(page).html.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
        told = visitor.visit(address)
        assert told.status == 200
        assert ("live-on-console/realtime" in told.words, "this account" in told.words) == (there, there)


@pytest.mark.parametrize(
    "path",
    [
        "/models/nobody-s-group",
        "/versions/nobody-s",
        "/versions/arn:aws:sagemaker:us-east-1:123456789012:model-package/nobody-s/1",
        "/cards/nobody-s",
        "/cards/nobody-s?version=first",
    ],
)
def test_what_is_not_there_is_a_page_in_words(visitor: Visitor, path: str) -> None:
    page = visitor.visit(path)
    assert page.status in {400, 404}
    assert page.headings
