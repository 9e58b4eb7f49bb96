# SPDX-License-Identifier: Apache-2.0
"""What requests may name: refused by validation. That roles are kept off it, too, is in `test_matrix.py`.

Nothing here lists keys: a key that a type declares to name something is tried.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from orchestrator import reach
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Settings
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.conftest import read_json
from tests.permissions import acting, named
from tests.permissions.acting import ASSETS, OTHER_ACCOUNT, REGION, launched
from tests.permissions.named import PACKAGE, Named
from tests.permissions.rows import ACCOUNT

Template = dict[str, Any]

NAMED: Final = list(named.named())
WIDE: Final = dict.fromkeys((kind.parameter for kind in reach.KINDS), "*")
VIA_S3: Final = {"kms_viaservice": f"s3.{REGION}.amazonaws.com"}


def each(*chosen: Named) -> Any:
    return pytest.mark.parametrize("one", chosen, ids=[f"{one.pipeline_type}-{one.key}" for one in chosen])


def problems(one: Named, value: str, given: Settings) -> dict[str, str]:
    with pytest.raises(RefusedRequestError) as refused:
        acting.accepted(one.body(value), given)
    # Of a list of objects, the first is meant.
    return {problem.key.replace(".0.", "."): problem.problem for problem in refused.value.problems}


class TestReservedPlaces:
    @each(*(one for one in NAMED if one.kind is reach.BUCKET))
    def test_no_location_lies_in_a_bucket_of_the_orchestrator(self, one: Named) -> None:
        given = launched()
        for bucket in acting.RESERVED:
            found = problems(one, f"{bucket}/mlops/1/blueprints/x.yaml", given)
            assert list(found) == [one.key]
            assert f"must not lie in {bucket}, a bucket of the orchestrator itself" in found[one.key]
        acting.accepted(one.body(f"{ASSETS}/x"), given)

    def test_all_of_them_are_named_in_one_answer(self) -> None:
        body = read_json("requests/byom_data_quality_monitor.json")
        keys = ["baseline_job_output_location", "data_capture_location", "monitoring_output_location"]
        with pytest.raises(RefusedRequestError) as refused:
            acting.accepted({**body, **dict.fromkeys(keys, f"{acting.PIPELINES}/x")}, launched())
        assert sorted(problem.key for problem in refused.value.problems) == keys

    def test_values_by_stage_are_each_looked_at(self) -> None:
        body = read_json("requests/byom_realtime_builtin.multi.json")
        body["data_capture_location"] |= {"staging": f"{acting.LOGS}/x"}
        with pytest.raises(RefusedRequestError) as refused:
            acting.accepted(body, launched(multi=True))
        assert [problem.key for problem in refused.value.problems] == ["data_capture_location.staging"]

    @pytest.mark.parametrize("name", ["team-a-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", "a--ol-s3"])
    def test_a_location_names_no_access_point(self, name: str) -> None:
        """Its bucket may be any, also one of the orchestrator."""
        one = next(one for one in NAMED if one.key == "batch_inference_data")
        assert "is that of an access point" in problems(one, f"{name}/x", launched())[one.key]

    @pytest.mark.parametrize("path", ["blueprints/realtime_inference.yaml", "blueprints/model_training.yaml"])
    def test_containers_write_no_configuration(self, templates: dict[str, Template], path: str) -> None:
        """Who writes one provisions, and its bucket may be the assets bucket."""
        given = launched()
        name = "byom_realtime_builtin" if "realtime" in path else "model_training_builtin"
        body = read_json(f"requests/{name}.json")
        key = "data_capture_location" if "realtime" in path else "job_output_location"
        body[key] = f"{ASSETS}/out" if "realtime" in path else "out"
        role = acting.roles_of(templates, acting.accepted(body, given), given)["SageMakerRole"]
        assert role.reaches("s3:PutObject", f"arn:aws:s3:::{ASSETS}/out/x.json")
        assert not role.reaches("s3:PutObject", f"arn:aws:s3:::{ASSETS}/out/mlops-config.json")


class TestOperatorsDecision:
    def test_every_kind_of_thing_is_named_by_some_key(self) -> None:
        assert {one.kind for one in NAMED} == set(reach.KINDS)

    @each(*NAMED)
    def test_what_is_outside_is_refused_and_the_parameter_named(self, one: Named) -> None:
        acting.accepted(one.body(one.value), launched(registry=one.needs_registry, **WIDE))
        narrow = launched(registry=one.needs_registry, **{**WIDE, one.kind.parameter: "harbour-*,key/none,dock"})
        found = problems(one, one.value, narrow)[one.key]
        assert f"must name a {one.kind.words} that the launch parameter {one.kind.parameter} allows: harbour-*" in found

    @each(*(one for one in NAMED if one.kind is reach.SECRET))
    def test_secrets_are_those_of_the_solution_by_default(self, one: Named) -> None:
        assert problems(one, one.value, launched())[one.key].startswith("must name a secret that the launch parameter")
        acting.accepted(one.body(one.value.replace("prod-database", "mlops/docker-hub")), launched())

    @each(*(one for one in NAMED if one.kind is not reach.BUCKET and one.value.count(ACCOUNT)))
    def test_things_of_other_accounts_are_the_operator_s_decision_too(self, one: Named) -> None:
        foreign = one.value.replace(ACCOUNT, OTHER_ACCOUNT)
        acting.accepted(one.body(foreign), launched(registry=one.needs_registry, **WIDE))
        ours = launched(registry=one.needs_registry, **WIDE, AllowedAccounts="")
        assert problems(one, foreign, ours)[one.key].startswith(f"must not be of the account {OTHER_ACCOUNT}")
        acting.accepted(one.body(one.value), ours)

    @pytest.mark.parametrize(("accounts", "expected"), [("*", True), (OTHER_ACCOUNT, True), ("", False)])
    def test_buckets_of_other_accounts_are_out_of_reach_although_names_do_not_tell_whose_they_are(
        self, templates: dict[str, Template], accounts: str, expected: bool
    ) -> None:
        """Anybody can make a bucket whose name fits a pattern."""
        given = launched(AllowedAccounts=accounts)
        request = acting.accepted(read_json("requests/byom_batch_builtin.json"), given)
        role = acting.roles_of(templates, request, given)["SageMakerRole"]
        place = f"arn:aws:s3:::{request.model_dump()['batch_inference_data'].rstrip('/')}/x"
        assert role.reaches("s3:GetObject", place, OTHER_ACCOUNT) == expected

    @pytest.mark.parametrize("stage", STAGES)
    def test_it_holds_in_the_accounts_of_the_stages(self, templates: dict[str, Template], stage: Any) -> None:
        given = launched(multi=True, AllowedBuckets="quayside-*")
        request = acting.accepted(read_json("requests/byom_batch_builtin.multi.json"), given)
        _, values = acting.values_of(request, given, stage)
        assert values["AllowedArns"].startswith("arn:*:s3:::quayside-*,")
        role = acting.forced(
            templates["blueprints/batch_transform.yaml"],
            {**values, "BatchInputBucket": "prod-payroll", "BatchInputKey": ""},
            "SageMakerRole",
        )
        assert not role.reaches("s3:GetObject", "arn:aws:s3:::prod-payroll/x")


class TestWildcards:
    def test_a_location_is_no_beginning_of_another_bucket_s_name(self, templates: dict[str, Template]) -> None:
        values = {"BatchInputBucket": "pro", "BatchInputKey": "", "BatchInferenceData": "pro"}
        role = acting.forced(templates["blueprints/batch_transform.yaml"], values, "SageMakerRole")
        assert role.reaches("s3:GetObject", "arn:aws:s3:::pro/x")
        assert not role.reaches("s3:GetObject", "arn:aws:s3:::prod-payroll/salaries.csv")

    def test_statements_name_a_bucket_a_slash_and_then_keys(self, templates: dict[str, Template]) -> None:
        named_by = re.compile(r"arn:\$\{AWS::Partition\}:s3:::(\$\{\w+\}[^'\"]*)")
        for path, template in templates.items():
            for text in named_by.findall(json.dumps(template["Resources"])):
                assert re.fullmatch(r"\$\{\w*Bucket\}|\$\{\w+\}/.+", text), f"{path}: {text}"


class TestKeys:
    @pytest.mark.parametrize("rest", ["key/payroll", "alias/payroll"])
    @pytest.mark.parametrize("name", ["byom_realtime_builtin", "model_training_builtin", "byom_data_quality_monitor"])
    def test_code_of_a_request_cannot_use_a_key_by_itself(
        self, templates: dict[str, Template], name: str, rest: str
    ) -> None:
        given = launched()
        body = {**read_json(f"requests/{name}.json"), "kms_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:{rest}"}
        role = acting.roles_of(templates, acting.accepted(body, given), given)["SageMakerRole"]
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/payroll"
        alias = {"kms_resourcealiases": "alias/payroll"}
        for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"):
            assert not role.reaches(action, key, **alias)
        assert role.reaches("kms:Decrypt", key, **alias, **VIA_S3)
        assert not role.reaches("kms:Decrypt", key, **alias, kms_viaservice=f"secretsmanager.{REGION}.amazonaws.com")
        assert role.reaches("kms:CreateGrant", key, **alias, kms_grantisforawsresource="true")

    @pytest.mark.parametrize("role", ["SageMakerJobRole", "ScheduleRole"])
    def test_who_starts_jobs_uses_it_through_sagemaker_alone(self, templates: dict[str, Template], role: str) -> None:
        given = launched()
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/payroll"
        body = read_json("requests/model_training_builtin.json")
        request = acting.accepted({**body, "kms_key_arn": key, "schedule_expression": "rate(7 days)"}, given)
        starting = acting.roles_of(templates, request, given)[role]
        assert starting.reaches("kms:CreateGrant", key, kms_viaservice=f"sagemaker.{REGION}.amazonaws.com")
        assert not any(starting.reaches(f"kms:{use}", key, **VIA_S3) for use in ("CreateGrant", "Decrypt", "Encrypt"))


class TestPackages:
    def request(self, given: Settings, *places: str) -> Any:
        body = read_json("requests/byom_realtime_builtin.json")
        request = acting.accepted({**body, "model_package_name": PACKAGE}, given)
        return request.with_packaged_model(PackagedModel(places))

    def test_a_role_reads_the_version_s_model_and_not_the_whole_assets_bucket(
        self, templates: dict[str, Template]
    ) -> None:
        given = launched(registry=True)
        request = self.request(given, f"{ASSETS}/models/credit/model.tar.gz")
        role = acting.roles_of(templates, request, given)["SageMakerRole"]
        assert role.reaches("s3:GetObject", f"arn:aws:s3:::{ASSETS}/models/credit/model.tar.gz")
        assert not role.reaches("s3:GetObject", f"arn:aws:s3:::{ASSETS}/models/credit/model.tar.gz.bak")
        assert not role.reaches("s3:GetObject", f"arn:aws:s3:::{ASSETS}/training/salaries.csv")
        assert not role.reaches("s3:ListBucket", f"arn:aws:s3:::{ASSETS}", s3_prefix="training/")

    def test_a_model_of_several_objects_can_be_found(self, templates: dict[str, Template]) -> None:
        given = launched(registry=True)
        request = self.request(given, f"{ASSETS}/models/large/*", "quayside-models/base/model.tar.gz")
        role = acting.roles_of(templates, request, given)["SageMakerRole"]
        assert role.reaches("s3:GetObject", f"arn:aws:s3:::{ASSETS}/models/large/part-1")
        assert role.reaches("s3:ListBucket", f"arn:aws:s3:::{ASSETS}", s3_prefix="models/large/")
        assert not role.reaches("s3:ListBucket", f"arn:aws:s3:::{ASSETS}", s3_prefix="models/")
        assert not role.reaches("s3:ListBucket", "arn:aws:s3:::quayside-models", s3_prefix="base/")
