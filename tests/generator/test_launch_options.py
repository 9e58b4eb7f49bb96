# SPDX-License-Identifier: Apache-2.0
"""What an organization may decide at launch: all of it optional, refused where it cannot be meant."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

Template = dict[str, Any]

ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]
DEFAULTS: Final = {
    "RolePath": "/",
    "PermissionsBoundaryName": "",
    "ResourceTags": "",
    "ExistingKmsKeyArn": "",
    "LogRetentionDays": "365",
    "LogLevel": "INFO",
    "FunctionSubnetIds": "",
    "FunctionSecurityGroupIds": "",
    "FunctionConcurrency": "",
    "DailyDigestHour": "",
    "CustomBlueprintPolicyArn": "",
}
MULTI_DEFAULTS: Final = {
    **DEFAULTS,
    **{f"{stage}Function{what}Ids": "" for stage in ("Dev", "Staging", "Prod") for what in ("Subnet", "SecurityGroup")},
    "ApprovalTimeoutMinutes": "10080",
}
MOST_TAGS: Final = ",".join(f"team:mlops:{number}=v" for number in range(20))
LONG_VALUE: Final = f"a={'v' * 257}"
BUCKETS: Final = ",".join(f"harbour-{number}" for number in range(15))
LONGEST_PATTERN: Final = 200
KEY: Final = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(("path", "defaults"), [(ROOTS[0], DEFAULTS), (ROOTS[1], MULTI_DEFAULTS)])
class TestConsole:
    def test_every_option_has_a_default(
        self, templates: dict[str, Template], path: str, defaults: dict[str, str]
    ) -> None:
        parameters = templates[path]["Parameters"]
        assert {name: parameters[name]["Default"] for name in defaults} == defaults

    def test_the_options_are_a_group_of_their_own(
        self, templates: dict[str, Template], path: str, defaults: dict[str, str]
    ) -> None:
        interface = templates[path]["Metadata"]["AWS::CloudFormation::Interface"]
        asked, reach, options, baked = interface["ParameterGroups"]
        assert options["Label"] == {"default": "Options for your organization (all optional)"}
        assert options["Parameters"] == list(defaults)
        shown = [*asked["Parameters"], *reach["Parameters"], *options["Parameters"], *baked["Parameters"]]
        assert sorted(shown) == sorted(templates[path]["Parameters"])
        assert all(label["default"] for label in interface["ParameterLabels"].values())


@pytest.mark.parametrize("path", ROOTS)
def test_what_requests_may_name_is_a_group_of_its_own(templates: dict[str, Template], path: str) -> None:
    """Wide by default where the earlier solution's requests need it, and narrow where the kind of thing is ours."""
    _, reach, *_ = templates[path]["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert reach["Label"] == {"default": "What requests may name (all optional)"}
    declared = templates[path]["Parameters"]
    assert {name: declared[name]["Default"] for name in reach["Parameters"]} == {
        "AllowedBuckets": "*",
        "AllowedRepositories": "*",
        "AllowedPackageGroups": "*",
        "AllowedSecrets": "mlops/*",
        "AllowedKeys": "*",
        "AllowedAccounts": "*",
    }


def test_a_person_can_read_every_pattern(templates: dict[str, Template]) -> None:
    patterns = {
        f"{path}: {name}": parameter["AllowedPattern"]
        for path, template in templates.items()
        for name, parameter in template["Parameters"].items()
        if "AllowedPattern" in parameter
    }
    assert len(patterns) > len(templates)
    assert {name: len(pattern) for name, pattern in patterns.items() if len(pattern) > LONGEST_PATTERN} == {}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("RolePath", ["/", "/mlops/", "/a/b.c/"], ["", "mlops", "/mlops", "mlops/", "//", "/a b/"]),
        (
            "PermissionsBoundaryName",
            ["", "boundary", "security/workload-boundary"],
            ["/boundary", "security/", "arn:aws:iam::111122223333:policy/boundary", "a*"],
        ),
        (
            "ResourceTags",
            ["", "team=harbour", "a=1,b=,c:d/e=f=g", "Cost Centre=4711 / 12", "aws=1", "awsome:x=y", MOST_TAGS],
            [
                *("team", "=x", "a=1,", ",a=1", "aws:x=1", "AWS:x=1", "a=1,mlops:stage=x", "a=1,Mlops:x=1", "a=1;b"),
                *(f"{MOST_TAGS},a=1", LONG_VALUE),
            ],
        ),
        ("ExistingKmsKeyArn", ["", KEY], ["alias/mine", KEY.replace("key/", "alias/"), "1234abcd"]),
        ("LogRetentionDays", ["1", "3653"], ["0", "2", ""]),
        ("LogLevel", ["DEBUG", "ERROR"], ["debug", ""]),
        ("FunctionConcurrency", ["", "1", "9999"], ["0", "05", "10000", "-1", "many"]),
        ("DailyDigestHour", ["", "0", "9", "10", "23"], ["24", "07", "-1", "7:00", "7 ", "Yes"]),
        ("FunctionSubnetIds", ["", "subnet-0a1b2c3d", "subnet-0a1b2c3d,subnet-0a1b2c3d4e5f67890"], ["subnet-x", ","]),
        (
            "CustomBlueprintPolicyArn",
            ["", "arn:aws-cn:iam::111122223333:policy/team/mlops-blueprints"],
            ["mlops-blueprints", "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::111122223333:role/x"],
        ),
        ("DevFunctionSecurityGroupIds", ["", "sg-0a1b2c3d,sg-0a1b2c3e"], ["sg-0a1b2c3d,", "subnet-0a1b2c3d"]),
        (
            "AllowedBuckets",
            ["*", "harbour-data,quay.*", BUCKETS],
            ["", "a,", ",a", "Upper", "a/b", f"{BUCKETS},a", "a" * 501],
        ),
        ("AllowedRepositories", ["*", "harbour/*,a_b.c-d"], ["", "Team", "a:v1", "111122223333.dkr.ecr/x:y"]),
        ("AllowedPackageGroups", ["*", "Harbour-*"], ["", "a/b", "a_b"]),
        ("AllowedSecrets", ["*", "mlops/*,docker.hub@x"], ["", "arn:aws:secretsmanager:x", "a b"]),
        ("AllowedKeys", ["*", "alias/harbour-*,key/1234abcd"], ["", "1234abcd", "alias", "keys/x", "**"]),
        ("AllowedAccounts", ["", "*", "111122223333,444455556666"], ["1111", "*,111122223333", "111122223333,"]),
        ("ApprovalTimeoutMinutes", ["5", "60", "10080", "86400"], ["", "4", "05", "86401", "99999", "1.5"]),
    ],
)
def test_patterns_take_the_good_and_refuse_the_bad(
    templates: dict[str, Template], name: str, good: list[str], bad: list[str]
) -> None:
    parameter = templates[ROOTS[1]]["Parameters"][name]

    def is_accepted(value: str) -> bool:
        if "AllowedValues" in parameter:
            return value in parameter["AllowedValues"]
        matched = re.fullmatch(parameter["AllowedPattern"], value)
        return bool(matched) and parameter.get("MinLength", 0) <= len(value) <= parameter["MaxLength"]

    assert [value for value in good if not is_accepted(value)] == []
    assert [value for value in bad if is_accepted(value)] == []
