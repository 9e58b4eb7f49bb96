# SPDX-License-Identifier: Apache-2.0
"""ARNs in any partition, Region and account: none of the three is ever written down."""

from __future__ import annotations

from typing import Any, Final

from troposphere import AWSHelperFn, Join, Ref, Select, Split, Sub

from generator import names

PIPELINE_PREFIX: Final = names.PIPELINE_PREFIX


def regional(service: str, resource: str, **variables: Any) -> Sub:
    """An ARN in the stack's own Region and account; `variables` fill `${...}` in the resource part."""
    return _sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}", variables)


def in_account(service: str, resource: str, **variables: Any) -> Sub:
    """An ARN of a service without Regions in its ARNs, such as IAM."""
    return _sub(f"arn:${{AWS::Partition}}:{service}::${{AWS::AccountId}}:{resource}", variables)


def s3(path: str, **variables: Any) -> Sub:
    """The ARN of a bucket (`path` = its name) or of objects (`bucket/key`)."""
    return _sub(f"arn:${{AWS::Partition}}:s3:::{path}", variables)


def objects_in(bucket_arn: AWSHelperFn, keys: str = "*") -> Join:
    """The ARN of a bucket's objects."""
    return Join("/", [bucket_arn, keys])


def managed_policy(path: str) -> Sub:
    """The ARN of a policy that AWS manages."""
    return Sub(f"arn:${{AWS::Partition}}:iam::aws:policy/{path}")


def stack_digits() -> Select:
    """Eight hexadecimal digits of the stack's id: they are unique to this stack and never change."""
    stack_uuid = Select(2, Split("/", Ref("AWS::StackId")))
    return Select(0, Split("-", stack_uuid))


def _sub(text: str, variables: dict[str, Any]) -> Sub:
    return Sub(text, variables) if variables else Sub(text)
