# SPDX-License-Identifier: Apache-2.0
"""What analysers find in the roles, and why each of it is as it should be: one table, also in docs/security.md.

    python -m tests.permissions.analysis.explained            write it there
    python -m tests.permissions.analysis.explained --check    whether it is there as it is here

Needs nothing that is installed, because it is compared with findings where the project is not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generator import files

PAGE: Final = Path(__file__).parents[3] / "docs" / "security.md"
BEGIN: Final = "<!-- begin: what analysers find -->"
END: Final = "<!-- end: what analysers find -->"


@dataclass(frozen=True, order=True)
class Finding:
    """One finding. `kind` is cloudsplaining's risk or parliament's issue, `what` an action or what else it names."""

    kind: str
    role: str
    what: str


@dataclass(frozen=True)
class Explanation:
    """Why every such finding in these roles is as it should be."""

    kind: str
    roles: tuple[str, ...]
    whats: tuple[str, ...]
    reason: str

    def findings(self) -> Iterator[Finding]:
        """What it explains: each thing in each role."""
        return (Finding(self.kind, role, what) for role in self.roles for what in self.whats)


_IN_A_VPC: Final = ("BucketEventsRole", "InferenceRole", "OrchestratorRole", "SageMakerJobRole", "StageDeployerRole")
_MAKERS: Final = ("DeployRole", "PipelineStackRole")
_INTERFACES: Final = ("AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface")
_TAGS_OF_TARGETS: Final = ("application-autoscaling:TagResource", "application-autoscaling:UntagResource")
_OF_DEFINITIONS: Final = tuple(
    f"sagemaker:{verb}{monitor}JobDefinition"
    for verb in ("Create", "Delete", "Describe")
    for monitor in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
)

EXPLAINED: Final = (
    Explanation(
        "PrivilegeEscalation",
        _MAKERS,
        ("PutRolePolicy", "PutRolePolicyThenUpdateAssumeRolePolicy", "UpdateRolePolicyToAssumeIt"),
        "makes the roles of pipelines: only roles named `mlops-pipeline-*`, and within the boundary if there is one;"
        " only CloudFormation can assume it",
    ),
    Explanation(
        "PrivilegeEscalation",
        ("DeployRole",),
        (
            *("EditExistingLambdaFunctionWithRole", "PassExistingRoleToNewLambdaThenAddPermission"),
            *("PassExistingRoleToNewLambdaThenInvoke", "PassExistingRoleToNewSageMakerProcessingJob"),
            *("UpdateAndInvokeLambdaFunction", "UpdateLambdaFunctionAndAddPermission"),
        ),
        "makes the functions and baselines of blueprints: functions and roles are named `mlops-pipeline-*`",
    ),
    Explanation(
        "PrivilegeEscalation",
        ("OrchestratorRole", "PipelineRole"),
        ("PassExistingRoleToCloudFormation",),
        "the chain of roles: each passes the next one, by its ARN, to CloudFormation alone",
    ),
    Explanation(
        "PrivilegeEscalation",
        ("SageMakerJobRole", "ScheduleRole"),
        ("PassExistingRoleToNewSageMakerTrainingJob",),
        "starts the jobs of one request: passes the job's role of the same blueprint to SageMaker alone",
    ),
    Explanation(
        "PrivilegeEscalation",
        ("ScheduleRole",),
        ("PassExistingRoleToNewSageMakerProcessingJob",),
        "starts the runs of one monitor, by how their names begin: passes the monitor's own role, to SageMaker alone",
    ),
    Explanation(
        "PrivilegeEscalation",
        ("OrchestratorRole",),
        ("PassExistingRoleToNewSageMakerProcessingJob",),
        "starts a run of a monitor that its schedule would start: jobs named `mlops-monitor-*`, under roles named"
        " `mlops-pipeline-*-SageMakerRole-*`, to SageMaker alone",
    ),
    Explanation(
        "PrivilegeEscalation",
        ("SageMakerRole",),
        ("PassExistingRoleToNewSageMakerProcessingJob", "PassExistingRoleToNewSageMakerTrainingJob"),
        "Autopilot starts jobs under the role that it works under: the role passes itself, to SageMaker alone",
    ),
    Explanation(
        "ResourceExposure",
        _MAKERS,
        tuple(
            f"iam:{action}"
            for action in (
                *("CreateRole", "DeleteRole", "DeleteRolePolicy", "PassRole", "PutRolePermissionsBoundary"),
                *("PutRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"),
            )
        ),
        "the roles of pipelines, by name, as above",
    ),
    Explanation(
        "ResourceExposure",
        ("DeployRole",),
        ("lambda:AddPermission", "lambda:RemovePermission"),
        "lets the API of an endpoint call its function: functions named `mlops-pipeline-*`",
    ),
    Explanation(
        "ResourceExposure",
        ("DeployRole",),
        ("ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterfacePermission"),
        "SageMaker attaches the interfaces of a job in a VPC, in the caller's name",
    ),
    Explanation(
        "ResourceExposure",
        ("OrchestratorRole", "PipelineRole", "SageMakerJobRole", "SageMakerRole", "ScheduleRole"),
        ("iam:PassRole",),
        "one named role to one named service, as above",
    ),
    Explanation(
        "ResourceExposure",
        ("DeployRole", "OrchestratorRole", "SageMakerJobRole", "SageMakerRole", "ScheduleRole"),
        ("kms:CreateGrant",),
        "through SageMaker, or as a grant for a resource of AWS's, as SageMaker needs it for volumes",
    ),
    Explanation(
        "ResourceExposure",
        ("OrchestratorRole",),
        ("kms:RetireGrant",),
        "takes back the grant of a registration, through SageMaker",
    ),
    Explanation(
        "ResourceExposure",
        ("DeployRole",),
        ("apigateway:UpdateRestApiPolicy",),
        "lets calls into a private inference API through its VPC endpoints only",
    ),
    Explanation(
        "ResourceExposure",
        ("DeployRole",),
        ("iam:CreateServiceLinkedRole",),
        "the role of Application Auto Scaling for endpoints, by a condition, which AWS's service alone can assume",
    ),
    Explanation(
        "InfrastructureModification",
        ("DeployRole",),
        _TAGS_OF_TARGETS,
        "tags of scalable targets, which AWS gives ids that nobody can tell before",
    ),
    Explanation(
        "RESOURCE_STAR",
        ("DeployRole",),
        (
            *_TAGS_OF_TARGETS,
            *(
                f"application-autoscaling:{action}"
                for action in (
                    *("DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget"),
                    *("ListTagsForResource", "PutScalingPolicy", "PutScheduledAction", "RegisterScalableTarget"),
                )
            ),
        ),
        "AWS gives scalable targets ids that nobody can tell before; a condition limits changes to those of SageMaker",
    ),
    Explanation(
        "DataExfiltration",
        (
            "ImageBuildRole",
            "OrchestratorRole",
            "PipelineRole",
            "SageMakerJobRole",
            "SageMakerRole",
            "StageDeployerRole",
        ),
        ("s3:GetObject",),
        "reads the places that a request names, within what the launch allows, and the pipelines bucket below its own"
        " prefixes",
    ),
    Explanation(
        "DataExfiltration",
        ("ImageBuildRole",),
        ("secretsmanager:GetSecretValue",),
        "the secret that the request names, within `AllowedSecrets`",
    ),
    Explanation(
        "CredentialsExposure",
        ("ImageBuildRole", "SageMakerRole"),
        ("ecr:GetAuthorizationToken",),
        "the token is for the whole registry; what it opens, other statements say",
    ),
    Explanation(
        "CredentialsExposure",
        ("OrchestratorRole",),
        ("sts:AssumeRole",),
        "roles for comparing models in the accounts of stages, by name; each is good for one endpoint",
    ),
    Explanation(
        "MISMATCHED_TYPE_BUT_USABLE",
        _MAKERS,
        ("StringEquals requires a value of type String but given Arn",),
        "the boundary's ARN in full: both operators mean the same, and AWS's examples have this one",
    ),
    Explanation(
        "RESOURCE_MISMATCH",
        _IN_A_VPC,
        tuple(f"ec2:{action}" for action in (*_INTERFACES, "UnassignPrivateIpAddresses")),
        "Lambda asks for these on any resource of EC2 in the account, `*/*`; the function's code is denied them",
    ),
    Explanation(
        "UNKNOWN_CONDITION_FOR_ACTION",
        _IN_A_VPC,
        ("lambda:SourceFunctionArn",),
        "Lambda adds it to whatever a function calls; parliament knows of Lambda's own actions only",
    ),
    Explanation(
        "UNKNOWN_CONDITION_FOR_ACTION",
        ("DeployRole", "OrchestratorRole"),
        ("kms:ResourceAliases",),
        "AWS lists it with the resource, a key, and not with actions",
    ),
    Explanation(
        "RESOURCE_EFFECTIVELY_STAR",
        ("OrchestratorRole",),
        ("any resource",),
        "`AllowedBuckets` and `AllowedSecrets` are `*` unless the launch narrows them: it looks whether what a request"
        " names is there, and reads no content",
    ),
    Explanation(
        "RESOURCE_MISMATCH",
        _MAKERS,
        ("logs:DescribeLogGroups",),
        "AWS decides on `log-group::log-stream:` of the Region, which the statement's `log-group:*` is narrowest for",
    ),
    Explanation(
        "RESOURCE_MISMATCH",
        ("DeployRole",),
        ("sagemaker:CreateModel",),
        "who makes a model of a version in the registry is asked for the action on the version, too",
    ),
    Explanation(
        "RESOURCE_MISMATCH",
        ("DeployRole",),
        ("sagemaker:CreateInferenceComponent",),
        "the request names an endpoint, on which AWS may decide, too, as it does for what else is made on one",
    ),
    Explanation(
        "RESOURCE_MISMATCH",
        ("DeployRole",),
        _OF_DEFINITIONS,
        "`*-job-definition/*` is the four kinds of monitors in one; parliament takes no `*` for a kind, IAM does",
    ),
    Explanation(
        "RESOURCE_MISMATCH",
        ("StageDeployerRole",),
        ("cloudformation:CreateStackSet",),
        "decided on the StackSet's ARN, as AWS's own `AWSControlTowerServiceRolePolicy` has it",
    ),
    Explanation(
        "UNKNOWN_ACTION",
        ("DeployRole",),
        ("lambda:GetFunctionScalingConfig", "sagemaker:DeleteProcessingJob"),
        "newer than parliament's list; CloudFormation's handlers ask for them",
    ),
)


def unexplained(found: Iterable[Finding]) -> list[Finding]:
    """What was found and is in no explanation."""
    known = {finding for one in EXPLAINED for finding in one.findings()}
    return sorted(set(found) - known)


def unneeded(found: Iterable[Finding]) -> list[Finding]:
    """What is explained and was not found."""
    return sorted({finding for one in EXPLAINED for finding in one.findings()} - set(found))


def table() -> str:
    """All explanations, for people."""
    rows = [
        (one.kind, ", ".join(f"`{role}`" for role in one.roles), ", ".join(map(_short, one.whats)), one.reason)
        for one in EXPLAINED
    ]
    lines = [("finding", "roles", "what", "why it is so"), ("---",) * 4, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(what: str) -> str:
    return what if " " in what else f"`{what}`"


def with_table(page: str) -> str:
    """The page with the table between its markers."""
    return files.between(page, BEGIN, END, f"\n\n{table()}\n\n")


def main() -> int:
    """Write or check the page; the status of the process."""
    before = PAGE.read_text("utf-8")
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(with_table(before), "utf-8")
    elif with_table(before) != before:
        sys.stderr.write("docs/security.md is out of date: run make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
