# SPDX-License-Identifier: Apache-2.0
"""Patches of moto where it differs from AWS and has no hook, each by name and with the reason."""

from __future__ import annotations

import json
from datetime import UTC, date, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from moto.apigateway.models import Integration
from moto.apigateway.responses import APIGatewayResponse
from moto.ce.models import CostExplorerBackend
from moto.codepipeline.models import CodePipeline
from moto.core.exceptions import JsonRESTError
from moto.ec2.models.vpcs import VPCEndPoint
from moto.iam.access_control import PermissionResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.servicequotas.models import ServiceQuotasBackend

from scripts.local_aws.apigateway.routes import TRANSFER_MODE
from scripts.local_aws.request_constraints import violations

_moto_put_integration = APIGatewayResponse.put_integration
_moto_integration = Integration.to_json
_moto_get_cost_and_usage = CostExplorerBackend.get_cost_and_usage
_moto_attach_role_policy = IAMBackend.attach_role_policy
_moto_get_filter_value = VPCEndPoint.get_filter_value
_moto_get_bucket_notification = S3Response.get_bucket_notification
_moto_get_service_quota = ServiceQuotasBackend.get_service_quota
_MOST_GROUPS = 2
_AWS_POLICY = ":iam::aws:policy/"
# What an account has without asking for more; moto has those of VPCs alone.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_STACK_QUOTAS = {"L-0485CB21": ("Stack count", 2000.0), "L-EC62D81A": ("Stack sets per administrator account", 1000.0)}


def install() -> None:
    """Patch moto. Repeating it changes nothing."""
    bucket, s3_response, iam = _patchable(FakeBucket), _patchable(S3Response), _patchable(IAMBackend)
    bucket._log_permissions_enabled_policy = staticmethod(_logging_is_not_checked)
    bucket.get_permission = _no_bucket_policy_applies
    s3_response.get_bucket_notification = _get_bucket_notification
    iam.attach_role_policy = _attach_role_policy
    _patchable(CodePipeline).metadata = property(_pipeline_metadata)
    logs = _patchable(LogsResponse)
    logs.associate_kms_key = _associate_kms_key
    # Without a key to name.
    logs.disassociate_kms_key = _associate_kms_key
    _patchable(ServiceQuotasBackend).get_service_quota = _get_service_quota
    _patchable(VPCEndPoint).get_filter_value = _get_filter_value
    _patchable(CostExplorerBackend).get_cost_and_usage = _get_cost_and_usage
    _patchable(APIGatewayResponse).put_integration = _put_integration
    _patchable(Integration).to_json = _integration


def _patchable(kind: type) -> Any:
    """Return a class as Any, so that the type checker accepts the assignment of methods."""
    return kind


def _pipeline_metadata(pipeline: Any) -> dict[str, Any]:
    """Return times as seconds since 1970, as JSON services send them; moto's are texts, which boto3 also reads."""
    times = {"created": pipeline._created, "updated": pipeline._updated}
    seconds = {name: moment.replace(tzinfo=UTC).timestamp() for name, moment in times.items()}
    return {"pipelineArn": pipeline._arn, **seconds}


def _get_filter_value(endpoint: Any, filter_name: str, method_name: str | None = None) -> Any:
    """Return what a VPC endpoint is found by; moto does not find one by its id.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html
    """
    return (
        endpoint.id if filter_name == "vpc-endpoint-id" else _moto_get_filter_value(endpoint, filter_name, method_name)
    )


def _logging_is_not_checked(target_bucket: Any, target_prefix: str | None) -> bool:
    """Accept a logging configuration whatever the target's policy, as S3 does: without permission, no logs arrive.

    moto looks for one exact form of statement, and fails on a policy with a Deny for everybody.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    return True


def _no_bucket_policy_applies(bucket: Any, action: str, resource: str) -> PermissionResult:
    """Ignore bucket policies: moto knows no conditions, so "deny without TLS" would deny all. `enforcement` checks."""
    return PermissionResult.NEUTRAL


def _attach_role_policy(backend: Any, policy_arn: str, role_name: str) -> None:
    """Serve AttachRolePolicy for AWS's own policies: moto holds all of them in memory or none, so this loads one."""
    if _AWS_POLICY in policy_arn and policy_arn not in backend.managed_policies:
        name = policy_arn.rsplit("/", 1)[-1]
        data = json.loads(aws_managed_policies_data).get(name)
        if data is not None:
            policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
            backend.managed_policies[policy_arn] = policy
    _moto_attach_role_policy(backend, policy_arn, role_name)


def _get_service_quota(backend: Any, service_code: str, quota_code: str) -> dict[str, Any]:
    """Serve GetServiceQuota for what stacks and StackSets take."""
    if service_code != "cloudformation" or quota_code not in _STACK_QUOTAS:
        found: dict[str, Any] = _moto_get_service_quota(backend, service_code, quota_code)
        return found
    name, value = _STACK_QUOTAS[quota_code]
    return {"ServiceCode": service_code, "QuotaCode": quota_code, "QuotaName": name, "Value": value}


def _get_cost_and_usage(backend: Any, body: str) -> dict[str, Any]:
    """Serve GetCostAndUsage: nothing costs anything here, so each day that is asked for has no groups.

    moto answers no day at all. Costs that somebody has queued for moto, `/moto-api/static/ce/cost-and-usage-results`,
    are answered as they are. Like AWS, refuse what the SDK's description and the API's page do not allow:
    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
    """
    asked = json.loads(body)
    first, end = (date.fromisoformat(asked["TimePeriod"][name]) for name in ("Start", "End"))
    problem = violations("ce", "GetCostAndUsage", asked)
    if first >= end:
        problem = "Start date (and hour) should be before end date (and hour)"
    if len(asked.get("GroupBy", ())) > _MOST_GROUPS:
        problem = f"You can group by up to {_MOST_GROUPS} groups"
    if problem:
        raise JsonRESTError("ValidationException", problem)
    queued: dict[str, Any] = _moto_get_cost_and_usage(backend, body)
    if queued["ResultsByTime"] or asked["Granularity"] != "DAILY":
        return queued
    days = [first + timedelta(days=number) for number in range((end - first).days + 1)]
    periods = [{"Start": day.isoformat(), "End": after.isoformat()} for day, after in pairwise(days)]
    return {
        **queued,
        "ResultsByTime": [{"TimePeriod": one, "Total": {}, "Groups": [], "Estimated": True} for one in periods],
    }


def _associate_kms_key(response: Any) -> str:
    """Serve AssociateKmsKey, which moto lacks: the group keeps the key that it was made with."""
    group = response.logs_backend.groups.get(response._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException
    group.kms_key_id = response._get_param("kmsKeyId")
    return ""


def _get_bucket_notification(response: Any) -> Any:
    """Serve GetBucketNotificationConfiguration with the EventBridge switch, which moto obeys but does not return."""
    answer = _moto_get_bucket_notification(response)
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if configuration is None or configuration.event_bridge is None:
        return answer
    status, headers, body = answer
    root = ElementTree.fromstring(body)  # noqa: S314 - moto's own answer
    ElementTree.SubElement(root, root.tag.replace("NotificationConfiguration", "EventBridgeConfiguration"))
    return status, headers, ElementTree.tostring(root, encoding="unicode")


def _put_integration(response: Any) -> Any:
    """Serve PutIntegration with the mode of the answer's transfer, which moto leaves out."""
    answer = _moto_put_integration(response)
    _, _, api, _, resource, _, method, *_ = response.path.split("/")
    integration = response.backend.get_integration(api, resource, method)
    setattr(integration, TRANSFER_MODE, response._get_param("responseTransferMode") or "BUFFERED")
    return answer


def _integration(integration: Any) -> dict[str, Any]:
    return {**_moto_integration(integration), "responseTransferMode": getattr(integration, TRANSFER_MODE, "BUFFERED")}
