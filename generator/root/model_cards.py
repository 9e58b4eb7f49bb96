# SPDX-License-Identifier: Apache-2.0
"""Permissions of the orchestrator for model cards.

Files with metrics lie in the assets or the configuration bucket, which it reads anyway, or in a bucket whose own policy
lets its role in; the permission to describe training jobs is in `jobs.py`.
"""

from __future__ import annotations

from awacs import kms as kms_actions
from awacs import s3 as s3_actions
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, Statement
from troposphere import Sub

from generator import arns, permissions
from generator.root.data import storage
from orchestrator.model_cards.operation_names import EXPORTS

_CARDS = [
    *(sagemaker_actions.CreateModelCard, sagemaker_actions.CreateModelCardExportJob),
    *(sagemaker_actions.DeleteModelCard, sagemaker_actions.DescribeModelCard),
    *(sagemaker_actions.DescribeModelCardExportJob, sagemaker_actions.UpdateModelCard),
]
# Those that the handlers of AWS::SageMaker::ModelCard name in its schema.
_KEYS = [
    *(kms_actions.CreateGrant, kms_actions.Decrypt, kms_actions.DescribeKey, kms_actions.GenerateDataKey),
    kms_actions.RetireGrant,
]


def statements() -> list[Statement]:
    """Keep and export the cards of this account, look at what they are about, use their keys.

    A key may be another account's that lets this one in; the orchestrator uses it through SageMaker only. The group of
    a model package may be another account's, too.
    """
    keys, packages = (
        Sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:*:{kind}/*")
        for service, kind in (("kms", "key"), ("sagemaker", "model-package"))
    )
    through_sagemaker = Condition(permissions.through("sagemaker"))
    exports = arns.s3(f"${{Bucket}}/{EXPORTS}/*", Bucket=storage.assets_bucket_name())
    return [
        # An export job's ARN is a part of its card's.
        permissions.allow(_CARDS, arns.regional("sagemaker", "model-card/*")),
        permissions.allow([sagemaker_actions.ListModelCards, sagemaker_actions.Search], "*"),
        permissions.allow([sagemaker_actions.DescribeModel], arns.regional("sagemaker", "model/*")),
        permissions.allow([sagemaker_actions.DescribeModelPackage], packages),
        # SageMaker writes an export as whoever asks for it.
        permissions.allow([s3_actions.PutObject], exports),
        permissions.allow(_KEYS, keys, through_sagemaker),
    ]
