# SPDX-License-Identifier: Apache-2.0
"""Limits on what requests may name, for the roles that act on it: the orchestrator's and the deploy role.

Both act for all requests, and so on whatever these may name. Where the operator narrows that, a managed policy refuses
the rest: it is not inline, because the orchestrator's inline policies nearly fill what IAM allows a role.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs import ecr, kms, sagemaker
from awacs.aws import Condition, ForAllValuesStringNotLike, Statement, StringEquals
from troposphere import Equals, If, Join, Not, NoValue, Or, Ref, Split, Template, iam

from generator import arns, permissions
from generator.reach import refuse_accounts, refuse_others
from generator.root.data import encryption, models
from orchestrator import reach
from orchestrator.reach import Kind

_POLICY: Final = "RequestReachPolicy"
_NARROWED: Final = "RequestReachNarrowed"
_WITH_MODELS: Final = (sagemaker.CreateModel, sagemaker.CreateModelPackage, sagemaker.UpdateModelPackage)
_WITH_KEYS: Final = (kms.CreateGrant, kms.GenerateDataKey)
_WITH_IMAGES: Final = (ecr.BatchGetImage, ecr.DescribeImages)


def add_to(template: Template, accounts: Sequence[Any]) -> None:
    """Add the policy and a rule; `accounts` are those of the stages, each one id or several with commas between."""
    narrowing = [kind.parameter for kind in (reach.REPOSITORY, reach.PACKAGE_GROUP, reach.KEY)]
    template.add_condition(_NARROWED, Or(*(Not(Equals(Ref(name), reach.ANY)) for name in [*narrowing, reach.ACCOUNTS])))
    template.add_resource(policy(accounts))
    template.add_rule("AssetsBucketOfItsOwn", _apart("ExistingS3Bucket", "ArtifactBucket"))


def attached_policy() -> If:
    """The policy, for a role's list of managed policies."""
    return If(_NARROWED, Ref(_POLICY), NoValue)


def policy(accounts: Sequence[Any]) -> iam.ManagedPolicy:
    """Refuse what the operator's parameters do not allow."""
    return iam.ManagedPolicy(
        _POLICY,
        Condition=_NARROWED,
        Description="Keeps the orchestrator within what requests may name",
        PolicyDocument=permissions.document(_models(), _keys(), _images(), _others(accounts)),
    )


def _models() -> Statement:
    """Refuse to register versions in groups that are not allowed, and to make models of their versions."""
    own_models = arns.regional("sagemaker", "model/*")
    groups = _fitting("arn:*:sagemaker:*:*:model-package-group/{}", reach.PACKAGE_GROUP)
    return refuse_others(_WITH_MODELS, _split(own_models, groups, *_arns(reach.PACKAGE_GROUP)))


def _keys() -> Statement:
    """Refuse keys that are not allowed; an allowed alias allows its key, which IAM knows by its id alone."""
    parameter = Ref(reach.KEY.parameter)
    no_alias = Condition(ForAllValuesStringNotLike("kms:ResourceAliases", Split(",", parameter)))
    return refuse_others(_WITH_KEYS, _split(encryption.key_arn(), *_arns(reach.KEY)), no_alias)


def _images() -> Statement:
    """Refuse images of this account that are not allowed; SageMaker's own images are in accounts of AWS."""
    here = Condition(StringEquals("aws:ResourceAccount", Ref("AWS::AccountId")))
    return refuse_others(_WITH_IMAGES, _split(models.repository_arn(), *_arns(reach.REPOSITORY)), here)


def _others(accounts: Sequence[Any]) -> Statement:
    return refuse_accounts([*_WITH_MODELS, *_WITH_KEYS], _split(Ref("AWS::AccountId"), *accounts, Ref(reach.ACCOUNTS)))


def _arns(kind: Kind) -> list[Join]:
    return [_fitting(form, kind) for form in kind.arns]


def _fitting(form: str, kind: Kind) -> Join:
    """ARNs of all that fits the patterns of a launch parameter, with commas between.

    CloudFormation can put nothing but a plain text between the items of a list, so partition, Region and account are
    stars.
    """
    before, after = form.split("{}")
    return Join("", [before, Join(f"{after},{before}", Split(",", Ref(kind.parameter))), after])


def _split(*texts: Any) -> Split:
    return Split(",", Join(",", list(texts)))


def _apart(bucket: str, other: str) -> dict[str, Any]:
    """Refuse one bucket for both: who uploads models would write what is launched."""
    described = f"{bucket} must be another bucket than {other}: models would lie beside the solution's own code"
    return {"Assertions": [{"Assert": Not(Equals(Ref(bucket), Ref(other))), "AssertDescription": described}]}
