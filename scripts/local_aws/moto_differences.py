# SPDX-License-Identifier: Apache-2.0
"""The places where moto behaves otherwise than AWS and leaves no seam: each patched by name, with the reason."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from xml.etree import ElementTree

from moto.codepipeline.models import CodePipeline
from moto.iam.access_control import PermissionResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

_moto_attach_role_policy = IAMBackend.attach_role_policy
_moto_get_bucket_notification = S3Response.get_bucket_notification
_AWS_POLICY = ":iam::aws:policy/"


def install() -> None:
    """Patch moto; doing it again changes nothing."""
    bucket, s3_response, iam = _patchable(FakeBucket), _patchable(S3Response), _patchable(IAMBackend)
    bucket._log_permissions_enabled_policy = staticmethod(_logging_is_not_checked)
    bucket.get_permission = _no_bucket_policy_applies
    s3_response.get_bucket_notification = _get_bucket_notification
    iam.attach_role_policy = _attach_role_policy
    _patchable(CodePipeline).metadata = property(_pipeline_metadata)
    logs = _patchable(LogsResponse)
    logs.associate_kms_key = _associate_kms_key
    # It has no key to name.
    logs.disassociate_kms_key = _associate_kms_key


def _patchable(kind: type) -> Any:
    """A class whose methods may be assigned: the type checker rightly minds that elsewhere."""
    return kind


def _pipeline_metadata(pipeline: Any) -> dict[str, Any]:
    """Times as seconds since 1970, as JSON services send them; moto's are texts, which boto3 reads as well."""
    times = {"created": pipeline._created, "updated": pipeline._updated}
    seconds = {name: moment.replace(tzinfo=UTC).timestamp() for name, moment in times.items()}
    return {"pipelineArn": pipeline._arn, **seconds}


def _logging_is_not_checked(target_bucket: Any, target_prefix: str | None) -> bool:
    """S3 takes a logging configuration whatever the target's policy says: without leave the logs do not arrive.

    moto looks for one exact form of statement, and fails on a policy that denies something to everybody.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    return True


def _no_bucket_policy_applies(bucket: Any, action: str, resource: str) -> PermissionResult:
    """Moto knows no conditions: "refuse what does not come over TLS" would refuse everything. `enforcement` does."""
    return PermissionResult.NEUTRAL


def _attach_role_policy(backend: Any, policy_arn: str, role_name: str) -> None:
    """AttachRolePolicy that knows AWS's own policies; moto holds all of them in memory or none, so this takes one."""
    if _AWS_POLICY in policy_arn and policy_arn not in backend.managed_policies:
        name = policy_arn.rsplit("/", 1)[-1]
        data = json.loads(aws_managed_policies_data).get(name)
        if data is not None:
            policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
            backend.managed_policies[policy_arn] = policy
    _moto_attach_role_policy(backend, policy_arn, role_name)


def _associate_kms_key(response: Any) -> str:
    """AssociateKmsKey, which moto does not know: a group keeps the key that it was made with there."""
    group = response.logs_backend.groups.get(response._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException
    group.kms_key_id = response._get_param("kmsKeyId")
    return ""


def _get_bucket_notification(response: Any) -> Any:
    """GetBucketNotificationConfiguration with the EventBridge switch, which moto acts upon but does not tell."""
    answer = _moto_get_bucket_notification(response)
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if configuration is None or configuration.event_bridge is None:
        return answer
    status, headers, body = answer
    root = ElementTree.fromstring(body)  # noqa: S314 - moto's own answer
    ElementTree.SubElement(root, root.tag.replace("NotificationConfiguration", "EventBridgeConfiguration"))
    return status, headers, ElementTree.tostring(root, encoding="unicode")
