# SPDX-License-Identifier: Apache-2.0
"""The roles that act for all requests stay within what requests may name, where the operator has narrowed that."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from scripts.iam import resource_arns
from scripts.iam.resolving import Resolver
from tests.permissions.acting import OTHER_ACCOUNT, REGION, Role, root_role
from tests.permissions.rows import ACCOUNT, ROOTS, place

Template = dict[str, Any]

MOST_MANAGED: Final = 6_144
GROUP: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group"
PACKAGE: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package"
KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key"
REPOSITORY: Final = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
SAGEMAKERS: Final = "141502667606"
DEV: Final = "555566667777"


@pytest.fixture(params=ROOTS)
def root(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    return templates[request.param]


def orchestrator(root: Template, **parameters: str) -> Role:
    return root_role(root, "OrchestratorRole", **parameters)


def test_by_default_nothing_is_attached(root: Template) -> None:
    plain, narrowed = orchestrator(root), orchestrator(root, AllowedKeys="alias/x")
    assert len(narrowed.documents) == len(plain.documents) + 1
    assert plain.reaches("sagemaker:CreateModelPackage", f"{GROUP}/prod-credit")
    assert len(orchestrator(root, AllowedSecrets="*", AllowedBuckets="x").documents) == len(plain.documents)


def test_it_looks_at_what_requests_may_name(root: Template) -> None:
    role = orchestrator(root, AllowedBuckets="team-*", AllowedPackageGroups="berth", AllowedAccounts=OTHER_ACCOUNT)
    listed = {name: role.reaches("s3:ListBucket", f"arn:aws:s3:::{name}") for name in ("team-a", "payroll")}
    assert listed == {"team-a": True, "payroll": False}
    owned = {owner: role.reaches("s3:ListBucket", "arn:aws:s3:::team-b", owner) for owner in (OTHER_ACCOUNT, DEV)}
    assert owned == {OTHER_ACCOUNT: True, DEV: False}
    assert not role.reaches("s3:GetObject", "arn:aws:s3:::team-a/train.csv")
    assert role.reaches("sagemaker:DescribeModelPackageGroup", f"{GROUP}/berth")
    assert not role.reaches("sagemaker:DescribeModelPackageGroup", f"{GROUP}/prod-credit")
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
    assert role.reaches("secretsmanager:DescribeSecret", f"{secret}:mlops/hub-AbCdEf")
    assert not role.reaches("secretsmanager:DescribeSecret", f"{secret}:payroll-AbCdEf")
    assert not role.reaches("secretsmanager:GetSecretValue", f"{secret}:mlops/hub-AbCdEf")


@pytest.mark.parametrize("action", ["CreateModelPackage", "UpdateModelPackage"])
def test_versions_are_registered_in_allowed_groups_alone(root: Template, action: str) -> None:
    role = orchestrator(root, AllowedPackageGroups="harbour-*,berth")
    reached = {
        name: role.reaches(f"sagemaker:{action}", arn)
        for name in ("harbour-a", "berth", "berth-2", "prod-credit")
        for arn in (f"{GROUP}/{name}", f"{PACKAGE}/{name}/1")
    }
    assert reached == {"harbour-a": True, "berth": True, "berth-2": False, "prod-credit": False}


def test_models_are_made_of_versions_of_allowed_groups_alone(root: Template) -> None:
    role = root_role(root, "DeployRole", AllowedPackageGroups="berth")
    assert role.reaches("sagemaker:CreateModel", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/mlopssagemakermodel-1")
    assert role.reaches("sagemaker:CreateModel", f"{PACKAGE}/berth/4")
    assert not role.reaches("sagemaker:CreateModel", f"{PACKAGE}/prod-credit/4")


@pytest.mark.parametrize("name", ["OrchestratorRole", "DeployRole"])
def test_keys_are_used_by_their_ids_or_their_aliases(root: Template, name: str) -> None:
    role = root_role(root, name, AllowedKeys="alias/harbour-*,key/one")
    via = {"kms_viaservice": f"sagemaker.{REGION}.amazonaws.com", "kms_grantisforawsresource": "true"}

    def granted(key: str, **alias: str) -> bool:
        return role.reaches("kms:CreateGrant", f"{KEY}/{key}", **via, **alias)

    assert granted("one")
    assert (
        not role.reaches("kms:CreateGrant", f"{KEY}/one", kms_viaservice=via["kms_viaservice"]) or name != "DeployRole"
    )
    assert granted("two", kms_resourcealiases="alias/harbour-data")
    assert not granted("two")
    assert not granted("two", kms_resourcealiases="alias/payroll")


def test_images_of_this_account_are_looked_at_in_allowed_repositories(root: Template) -> None:
    role = orchestrator(root, AllowedRepositories="harbour/*")
    assert role.reaches("ecr:DescribeImages", f"{REPOSITORY}/harbour/a")
    assert not role.reaches("ecr:DescribeImages", f"{REPOSITORY}/prod-images")
    assert role.reaches("ecr:DescribeImages", f"arn:aws:ecr:{REGION}:{SAGEMAKERS}:repository/sagemaker-xgboost")


def test_things_of_other_accounts_are_out_of_reach_if_the_operator_says_so(root: Template) -> None:
    foreign = f"{GROUP}/berth".replace(ACCOUNT, OTHER_ACCOUNT)
    assert orchestrator(root, AllowedAccounts=OTHER_ACCOUNT).reaches("sagemaker:CreateModelPackage", foreign)
    narrowed = orchestrator(root, AllowedAccounts="")
    assert not narrowed.reaches("sagemaker:CreateModelPackage", foreign)
    assert narrowed.reaches("sagemaker:CreateModelPackage", f"{GROUP}/berth")
    of_dev = narrowed.reaches("sagemaker:CreateModelPackage", f"{GROUP}/berth".replace(ACCOUNT, DEV))
    assert of_dev == ("DevAccountId" in root["Parameters"])


def test_what_is_refused_fits_into_a_managed_policy(root: Template) -> None:
    """With as many patterns as the parameters take, and thirty accounts of a stage."""
    names = ("AllowedRepositories", "AllowedPackageGroups", "AllowedKeys")
    longest = {name: ",".join(["key/" + "x" * 20] * 10) for name in names}
    values = {**longest, "AllowedAccounts": ",".join([ACCOUNT] * 19), "DevAccountId": ",".join([ACCOUNT] * 30)}
    stages = {"StagingAccountId": ACCOUNT, "ProdAccountId": ACCOUNT, "ExistingKmsKeyArn": "", "ExistingECRRepo": ""}
    found = Resolver(root, place(stack="mlops"), {**values, **stages}, resource_arns.physical, resource_arns.of)
    policy = found.structure(root["Resources"]["RequestReachPolicy"]["Properties"]["PolicyDocument"])
    assert len(json.dumps(policy, separators=(",", ":"))) <= MOST_MANAGED


def test_models_never_lie_beside_the_code_of_the_solution(root: Template) -> None:
    (assertion,) = root["Rules"]["AssetsBucketOfItsOwn"]["Assertions"]
    assert assertion["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "ExistingS3Bucket"}, {"Ref": "ArtifactBucket"}]}]
    }
