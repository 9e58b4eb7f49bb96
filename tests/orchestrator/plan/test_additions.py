# SPDX-License-Identifier: Apache-2.0
"""What a request adds to the text of its blueprint."""

from __future__ import annotations

from typing import Any, Final

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.runner import Runner, run_template_by_data

from orchestrator import templates
from orchestrator.plan.additions import NO_ADDITIONS, NO_ENVIRONMENT, Additions, FurtherContainer, Variable
from tests.generator.resolving import resolved

BLUEPRINTS = ["blueprints/realtime_inference.yaml", "blueprints/batch_transform.yaml"]
SERIES = Additions(
    (Variable("no", "Environment1"), Variable("LOG_LEVEL", "Environment2")),
    (FurtherContainer("Container2Image", "Container2Artifact", (Variable("TOP", "Container2Environment1"),)),),
)
GIVEN = {
    "ModelPackageName": "",
    "ImageUri": "first",
    "ModelArtifactLocation": "a/model.tar.gz",
    "ModelDataPrefix": "",
    "AssetsBucket": "assets",
    "Environment1": "1",
    "Environment2": "",
    "Container2Image": "second",
    "Container2Artifact": "",
    "Container2Environment1": "10",
}


def read(text: bytes) -> dict[str, Any]:
    found, problems = decode_str(text.decode())
    assert problems == []
    return dict(found)


def model(template: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    properties = template["Resources"]["MLOpsSagemakerModel"]["Properties"]
    wanted = {name: properties[name] for name in properties if name.startswith(("Primary", "Cont", "Infer"))}
    found: dict[str, Any] = resolved(wanted, given, template["Conditions"])
    return found


@pytest.fixture(params=BLUEPRINTS)
def blueprint(request: pytest.FixtureRequest) -> bytes:
    return templates.read(request.param)


def test_without_additions_the_text_is_the_release_s_own(blueprint: bytes) -> None:
    assert NO_ADDITIONS.applied(blueprint) is blueprint


def test_variables_stand_under_their_own_names_where_they_have_values(blueprint: bytes) -> None:
    added = Additions(SERIES.environment).applied(blueprint)
    assert NO_ENVIRONMENT.encode() not in added
    container = model(read(added), GIVEN)["PrimaryContainer"]
    assert container["Environment"] == {"no": "1"}
    assert model(read(added), {**GIVEN, "Environment2": "x"})["PrimaryContainer"]["Environment"]["LOG_LEVEL"] == "x"


def test_containers_follow_the_first_in_series(blueprint: bytes) -> None:
    found = model(read(SERIES.applied(blueprint)), GIVEN)
    assert found == {
        "InferenceExecutionConfig": {"Mode": "Serial"},
        "Containers": [
            {"Image": "first", "ModelDataUrl": "s3://assets/a/model.tar.gz", "Environment": {"no": "1"}},
            {"Image": "second", "Environment": {"TOP": "10"}},
        ],
    }
    given = {**GIVEN, "Container2Artifact": "b/model.tar.gz"}
    assert (
        model(read(SERIES.applied(blueprint)), given)["Containers"][1]["ModelDataUrl"] == "s3://assets/b/model.tar.gz"
    )


def test_the_rest_of_the_blueprint_stays_as_it_is(blueprint: bytes) -> None:
    before, after = read(blueprint), read(SERIES.applied(blueprint))
    assert {*after["Parameters"]} - {*before["Parameters"]} == {*SERIES.parameters}
    for section in ("Resources", "Outputs"):
        assert {*after[section]} == {*before[section]}
        models = [name for name, one in before[section].items() if one.get("Type") == "AWS::SageMaker::Model"]
        assert [name for name in before[section] if before[section][name] != after[section][name]] == models


class TestSnapshots:
    """What a request puts into the snapshot of its API, such as the VPC endpoints of a policy."""

    REALTIME: Final = "blueprints/realtime_inference.yaml"

    def deployments(self, *snapshots: str) -> tuple[str, str]:
        """Deployments of the API: private and public. The stage must show the one or the other."""
        template = read(Additions(snapshots=snapshots).applied(templates.read(self.REALTIME)))
        found = {
            name: one["Condition"]
            for name, one in template["Resources"].items()
            if one["Type"] == "AWS::ApiGateway::Deployment"
        }
        assert list(found.values()) == ["PrivateApi", "PublicApi"]
        shown = template["Resources"]["InferenceApiStage"]["Properties"]["DeploymentId"]["Fn::If"]
        assert shown == ["PrivateApi", *({"Ref": name} for name in found)]
        private, public = found
        return private, public

    def test_another_one_is_another_deployment(self) -> None:
        released, first, second = self.deployments(), self.deployments("vpce-1"), self.deployments("vpce-1,vpce-2")
        assert len({*released, *first, *second}) == 6
        assert all(
            now.startswith(before) for made in (first, second) for now, before in zip(made, released, strict=True)
        )
        assert self.deployments("vpce-1") == first
        assert len({first, self.deployments("vpce-1", "", ""), self.deployments("", "vpce-1", "")}) == 3

    def test_nothing_else_is_another(self) -> None:
        release = templates.read(self.REALTIME)
        changed = Additions(snapshots=("vpce-1",)).applied(release)
        lines = zip(release.split(b"\n"), changed.split(b"\n"), strict=True)
        assert sum(before != now for before, now in lines) == 3, "two deployments and the stage that shows one"

    def test_a_blueprint_without_an_api_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="Deployment"):
            Additions(snapshots=("vpce-1",)).applied(b"Resources: {}\nConditions:\n")


def test_cfn_lint_has_nothing_to_say_about_it(blueprint: bytes) -> None:
    config = ConfigMixIn(regions=["eu-west-1"], ignore_checks=["E2531", "E2533", "W2531"])
    rules = Runner(config).rules
    assert list(run_template_by_data(read(SERIES.applied(blueprint)), config, rules)) == []


def test_a_blueprint_without_the_places_for_it_is_an_error(blueprint: bytes) -> None:
    with pytest.raises(ValueError, match="Environment"):
        SERIES.applied(blueprint.replace(NO_ENVIRONMENT.encode(), b"Hostname: x"))
    with pytest.raises(ValueError, match="no conditions"):
        SERIES.applied(b"Resources: {}\n")
