# SPDX-License-Identifier: Apache-2.0
"""Rules for what should never happen. They need a trail that records it: docs/operating.md.

CloudTrail sends EventBridge what a trail records: changes in IAM by default, writes of objects where the trail has the
data events of the bucket. The owner of a bucket also receives the calls of other accounts.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
IAM's events are in one Region of a partition; the rule matches those that a rule there sends on.
"""

from __future__ import annotations

from typing import Any, Final

from troposphere import If, Ref, Template, events, iam

from generator.root import orchestrator, roles
from generator.root.data import storage
from generator.root.events import jobs
from orchestrator.events.security_events import CALL, EVENT_SOURCES, IAM, S3

_WRITES: Final = ("CompleteMultipartUpload", "Copy", "CreateMultipartUpload", "Delete", "Put", "Restore", "UploadPart")
"""Prefixes of the names of S3 calls that change a bucket or an object."""
_OF_ROLES: Final = (
    *("AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy"),
    *("PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy"),
)
_OF_POLICIES: Final = ("CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion")
# Lists in patterns are never empty.
_NOT_MADE: Final = "-"


def add_to(template: Template) -> None:
    """Add the rules, when the template has all its roles; the permission of the rules for jobs is for these, too."""
    template.add_resource(refused_write_rule())
    template.add_resource(changed_role_rule(template))


def refused_write_rule() -> events.Rule:
    """Writes by what pipelines run, in whatever account, which the policies of the two buckets refused."""
    return events.Rule(
        "RefusedWriteRule",
        Name=jobs.named("refused-writes"),
        Description="Tells the orchestrator that a role of a pipeline tried to change what others deploy from",
        EventPattern=_calls(
            S3,
            eventName=[{"prefix": name} for name in _WRITES],
            errorCode=["AccessDenied"],
            requestParameters={"bucketName": [Ref("ArtifactBucket"), Ref(storage.PIPELINES)]},
            userIdentity={"sessionContext": {"sessionIssuer": {"arn": roles.of_pipelines()}}},
        ),
        Targets=[orchestrator.to_function()],
    )


def changed_role_rule(template: Template) -> events.Rule:
    """Changes of the template's own roles and policies by anybody but CloudFormation."""
    changed = {
        "roleName": (_OF_ROLES, _made(template, iam.Role)),
        "policyArn": (_OF_POLICIES, _made(template, iam.ManagedPolicy)),
    }
    return events.Rule(
        "ChangedRoleRule",
        Name=jobs.named("changed-roles"),
        Description="Tells the orchestrator that somebody changed a role of it",
        EventPattern=_calls(
            IAM,
            errorCode=[{"exists": False}],
            # For what a service does on behalf of somebody, CloudTrail has the name of the service here.
            sourceIPAddress=[{"anything-but": {"prefix": "cloudformation.amazonaws.com"}}],
            **{
                "$or": [
                    {"eventName": list(names), "requestParameters": {parameter: of}}
                    for parameter, (names, of) in changed.items()
                ]
            },
        ),
        Targets=[orchestrator.to_function()],
    )


def _calls(source: str, **detail: Any) -> dict[str, Any]:
    return {
        "source": [source],
        "detail-type": [CALL],
        "detail": {"eventSource": [EVENT_SOURCES[source]], **detail},
    }


def _made(template: Template, kind: type[Any]) -> list[Any]:
    """Names in IAM of the template's resources of a kind; a placeholder for one that this launch does not make."""
    made = [(name, resource) for name, resource in template.resources.items() if isinstance(resource, kind)]
    return [
        If(resource.resource["Condition"], Ref(name), _NOT_MADE) if "Condition" in resource.resource else Ref(name)
        for name, resource in made
    ]
