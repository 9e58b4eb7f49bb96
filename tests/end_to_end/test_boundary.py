# SPDX-License-Identifier: Apache-2.0
"""The permissions boundary contains what pipelines make, whatever a blueprint, an image or a build tries.

The shared orchestrator has the generated boundary. The one with options has a policy of the operator's that allows
everything: the same attempts get somewhere there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.end_to_end import hostile
from tests.end_to_end.users import Orchestrator

STACK: Final = "mlops-pipeline-hostile"
IMAGE: Final = "mlops-pipeline-hostile-image-byompipelinerealtimebuiltin"
BUILD: Final = "mlops-pipeline-hostile-build-byompipelineimagebuilder"
HARMLESS: Final = ("make a user", "become another role", "read a secret of others", "call the API")


@pytest.fixture(scope="module", autouse=True)
def coveted(orchestrator: Orchestrator) -> Iterator[None]:
    """What is there to be had: a secret, and a role that lets everybody of the account in."""
    iam, secrets = orchestrator.client("iam"), orchestrator.client("secretsmanager")
    secrets.create_secret(Name=hostile.SECRET, SecretString="x")
    iam.create_role(RoleName="hostile-target", AssumeRolePolicyDocument=hostile.ANYBODY)
    yield
    secrets.delete_secret(SecretId=hostile.SECRET, ForceDeleteWithoutRecovery=True)
    iam.delete_role(RoleName="hostile-target")


def deploy_role(orchestrator: Orchestrator) -> str:
    return hostile.role_of(orchestrator, orchestrator.deployment.stack_name, "DeployRole")


@pytest.fixture(scope="module")
def careless(orchestrator: Orchestrator) -> Iterator[str]:
    """The deploy role of an operator whose policy for blueprints of their own allows everything."""
    role = deploy_role(orchestrator)
    with hostile.anything(orchestrator, role):
        yield role


def bounded(orchestrator: Orchestrator) -> str:
    return hostile.attacker(orchestrator, deploy_role(orchestrator)).boundary


@pytest.fixture(scope="module")
def blueprints_role(orchestrator: Orchestrator, careless: str) -> Iterator[str]:
    """A role with the boundary: that is as far as a hostile blueprint gets."""
    template = hostile.blueprint(Hostile=hostile.role(bounded(orchestrator)))
    with hostile.deployed(orchestrator, STACK, template, careless) as status:
        assert status == "CREATE_COMPLETE"
        yield hostile.role_of(orchestrator, STACK, "Hostile")


@pytest.fixture(scope="module")
def images_role(orchestrator: Orchestrator) -> str:
    """The role in which a model's container runs."""
    orchestrator.provisioned(orchestrator.request("hostile-image"))
    return hostile.role_of(orchestrator, IMAGE, "SageMakerRole")


@pytest.fixture(scope="module")
def builds_role(orchestrator: Orchestrator) -> str:
    """The role in which a Dockerfile is built."""
    outputs = orchestrator.deployment.outputs
    orchestrator.client("s3").put_object(Bucket=outputs["AssetsBucketName"], Key="hostile.zip", Body=b"")
    request = {
        "pipeline_type": "byom_image_builder",
        "custom_algorithm_docker": "hostile.zip",
        "ecr_repo_name": outputs["EcrRepositoryName"],
        "image_tag": "hostile-build",
    }
    orchestrator.provisioned(request)
    return hostile.role_of(orchestrator, BUILD, "ImageBuildRole")


@pytest.mark.parametrize("of", ["blueprints_role", "images_role", "builds_role"])
def test_a_role_of_a_pipeline_gets_nowhere(orchestrator: Orchestrator, of: str, request: pytest.FixtureRequest) -> None:
    """Although its own policies allow everything."""
    role = request.getfixturevalue(of)
    with hostile.anything(orchestrator, role):
        attacker = hostile.attacker(orchestrator, role)
        attacker.put(orchestrator.deployment.outputs["AssetsBucketName"], f"captured/{of}")
        assert hostile.got_through(attacker) == []


def test_without_such_a_boundary_it_gets_somewhere(with_options: Orchestrator) -> None:
    role = deploy_role(with_options)
    template = hostile.blueprint(Hostile=hostile.role(bounded(with_options), Path="/mlops/"))
    name = "mlops-pipeline-hostile-unbounded"
    with (
        hostile.anything(with_options, role),
        hostile.deployed(with_options, name, template, role) as status,
    ):
        assert status == "CREATE_COMPLETE"
        attacker = hostile.attacker(with_options, hostile.role_of(with_options, name, "Hostile"))
        assert hostile.got_through(attacker, *HARMLESS) == list(HARMLESS)


BLUEPRINTS: Final[dict[str, Callable[[Orchestrator], dict[str, Any]]]] = {
    "a role without a boundary": lambda _: hostile.role(None),
    "a role with another boundary": lambda _: hostile.role("arn:aws:iam::aws:policy/AdministratorAccess"),
    "a role of another name": lambda it: hostile.role(bounded(it), RoleName="owner"),
    "a policy in a role of the orchestrator": lambda it: {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "Roles": [deploy_role(it)],
            "PolicyName": "More",
            "PolicyDocument": json.loads(hostile.ANYTHING),
        },
    },
}


@pytest.mark.parametrize("what", BLUEPRINTS)
def test_a_blueprint_is_not_deployed_that_makes(orchestrator: Orchestrator, careless: str, what: str) -> None:
    template = hostile.blueprint(Hostile=BLUEPRINTS[what](orchestrator))
    name = f"{STACK}-{list(BLUEPRINTS).index(what)}"
    with hostile.deployed(orchestrator, name, template, careless) as status:
        assert status.startswith("ROLLBACK_")
        assert any("not authorized to perform: iam:" in one for one in orchestrator.failures(name)), (
            orchestrator.failures(name)
        )


def test_the_deploy_role_itself_gets_nowhere(orchestrator: Orchestrator, careless: str) -> None:
    """It makes bounded roles, and nothing else of what hostile code would like."""
    attacker = hostile.attacker(orchestrator, careless)
    its_work = {"make a bounded role", "hand on a role of the orchestrator"}
    rest = [name for name in hostile.ATTEMPTS if name not in its_work and not name.startswith(("drop", "replace"))]
    assert hostile.got_through(attacker, *rest) == []
