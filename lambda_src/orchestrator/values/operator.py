# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that an operator gives at launch and that blueprints get handed on."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.values.common import Expect

_SUBNET: Final = r"subnet-[a-f0-9]{8,17}"
_SECURITY_GROUP: Final = r"sg-[a-f0-9]{8,17}"
# Lambda's limits: https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
_MOST_SUBNETS: Final = 16
_MOST_SECURITY_GROUPS: Final = 5

RolePath = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^/([a-zA-Z0-9._@=,+-]+/)*$"),
    Expect("a path of IAM that begins and ends with a slash", example="/mlops/"),
]

OptionalPolicyName = Annotated[
    str,
    Field(max_length=256, pattern=r"^(([a-zA-Z0-9._@=,+-]+/)*[a-zA-Z0-9._@=,+-]+)?$"),
    Expect(
        "the name of a managed policy with its path, or empty",
        example="security/workload-boundary",
        but="no ARN, because each account has a policy of its own",
    ),
]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Annotated[
    Literal[
        "1",
        "3",
        "5",
        "7",
        "14",
        "30",
        "60",
        "90",
        "120",
        "150",
        "180",
        "365",
        "400",
        "545",
        "731",
        "1096",
        "1827",
        "2192",
        "2557",
        "2922",
        "3288",
        "3653",
    ],
    Expect("a number of days that CloudWatch Logs knows", example="90"),
]

OptionalKeyArn = Annotated[
    str,
    Field(max_length=256, pattern=r"^(arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+)?$"),
    Expect("the ARN of a KMS key, or empty"),
]

OptionalConcurrency = Annotated[
    str,
    Field(max_length=4, pattern=r"^([1-9][0-9]{0,3})?$"),
    Expect("a whole number from 1 to 9999, or empty"),
]

OptionalSubnetIds = Annotated[
    str,
    Field(max_length=500, pattern=rf"^({_SUBNET}(,{_SUBNET}){{0,{_MOST_SUBNETS - 1}}})?$"),
    Expect(f"ids of {_MOST_SUBNETS} subnets at most with commas between, or empty", example="subnet-0a1b2c3d4e5f67890"),
]

OptionalSecurityGroupIds = Annotated[
    str,
    Field(max_length=150, pattern=rf"^({_SECURITY_GROUP}(,{_SECURITY_GROUP}){{0,{_MOST_SECURITY_GROUPS - 1}}})?$"),
    Expect(
        f"ids of {_MOST_SECURITY_GROUPS} security groups at most with commas between, or empty",
        example="sg-0a1b2c3d4e5f67890",
    ),
]


def _patterns(one: str, most: int) -> str:
    """Several with commas between."""
    return f"^{one}(,{one}){{0,{most - 1}}}$"


# Together with what is around them they must fit into one parameter of a blueprint, and into a policy of IAM.
_MOST_BUCKETS: Final = 15
_MOST_NAMES: Final = 10
_LONGEST_BUCKETS: Final = 500
_LONGEST_NAMES: Final = 250

BucketPatterns = Annotated[
    str,
    Field(max_length=_LONGEST_BUCKETS, pattern=_patterns("[a-z0-9.*-]+", _MOST_BUCKETS)),
    Expect(
        f"names of buckets with commas between, in which * stands for anything: {_MOST_BUCKETS} at most",
        example="harbour-data,harbour-results-*",
    ),
]

RepositoryPatterns = Annotated[
    str,
    Field(max_length=_LONGEST_NAMES, pattern=_patterns("[a-z0-9._/*-]+", _MOST_NAMES)),
    Expect(
        f"names of repositories with commas between, in which * stands for anything: {_MOST_NAMES} at most",
        example="harbour/*",
    ),
]

PackageGroupPatterns = Annotated[
    str,
    Field(max_length=_LONGEST_NAMES, pattern=_patterns("[a-zA-Z0-9*-]+", _MOST_NAMES)),
    Expect(
        f"names of groups with commas between, in which * stands for anything: {_MOST_NAMES} at most",
        example="harbour-*",
    ),
]

SecretPatterns = Annotated[
    str,
    Field(max_length=_LONGEST_NAMES, pattern=_patterns("[a-zA-Z0-9/_+=.@*-]+", _MOST_NAMES)),
    Expect(
        f"names of secrets with commas between, in which * stands for anything: {_MOST_NAMES} at most",
        example="mlops/*",
        but="without the six characters that Secrets Manager adds",
    ),
]

KeyPatterns = Annotated[
    str,
    Field(max_length=_LONGEST_NAMES, pattern=_patterns(r"(\*|(alias|key)/[a-zA-Z0-9/_*-]+)", _MOST_NAMES)),
    Expect(
        "key/ with an id or alias/ with a name, with commas between, in which * stands for anything: "
        f"{_MOST_NAMES} at most",
        example="alias/harbour-*",
    ),
]

AccountPatterns = Annotated[
    str,
    Field(max_length=_LONGEST_NAMES, pattern=r"^(\*|[0-9]{12}(,[0-9]{12})*)?$"),
    Expect("ids of accounts with commas between, or * for every account, or empty", example="444455556666"),
]

# What the orchestrator hands on to blueprints of the above; nobody types it.
AllowedArns = Annotated[str, Field(max_length=4096, pattern=r"^[a-zA-Z0-9:/_+=.@*?,-]+$")]
AllowedAccountIds = Annotated[str, Field(max_length=2000, pattern=r"^[0-9*,]+$")]
