# SPDX-License-Identifier: Apache-2.0
"""The role of a monitor on SageMaker's engine, which computes the baseline and runs the schedule under it.

Parts of it are those of the open engine's, too (`open_roles.py`).
In the account of dev, staging or prod, EventBridge also uses it to forward the ends of runs to the orchestrator's.
"""

from __future__ import annotations

from typing import Any

from awacs import events, s3
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, Statement, StringLike
from troposphere import If, NoValue, Sub, Template, iam

from generator import arns, permissions
from generator.monitoring.monitor_runs import BUS, ROLE, forwards
from generator.resources import network, sagemaker_roles


def role(built: Template, *policies: Any) -> iam.Role:
    """Read the data and the captures, keep the baseline, write the reports; `policies` are of one kind of monitor."""
    made = sagemaker_roles.role(
        ROLE,
        permissions.policy("BaselineData", *read_data("AssetsBucket", "BaselineData")),
        permissions.policy("Baseline", *keep_baseline()),
        permissions.policy("CapturedData", *read_location("DataCapture", "DataCaptureLocation")),
        sagemaker_roles.write_objects("Reports", "MonitoringOutputLocation"),
        permissions.policy("Endpoint", permissions.allow([sagemaker_actions.DescribeEndpoint], _endpoint())),
        *use_key_and_network(built),
        *policies,
    )
    return forwarding(built, made)


def use_key_and_network(built: Template) -> list[Any]:
    """Policies for the key and the VPC of the request, each when it has one."""
    return [sagemaker_roles.use_request_key(built), network.interfaces(built)]


def forwarding(built: Template, role: iam.Role) -> iam.Role:
    """The role, with what its rule needs in another account than the orchestrator's."""
    forward = permissions.policy("Forwarding", permissions.allow([events.PutEvents], Sub(BUS)))
    role.Policies.append(If(forwards(built), forward, NoValue))
    role.AssumeRolePolicyDocument = If(forwards(built), _also_for_events(), role.AssumeRolePolicyDocument)
    return role


def predict() -> Statement:
    """Ask the endpoint for predictions, whoever made it (lesson 73)."""
    return permissions.allow([sagemaker_actions.InvokeEndpoint], _endpoint())


def read_data(bucket: str, key: str) -> list[Statement]:
    """Read an object, as SageMaker does: whatever begins with its key."""
    listed = Condition(StringLike("s3:prefix", [Sub(f"${{{key}}}*")]))
    return [
        permissions.allow([s3.GetObject], arns.s3(f"${{{bucket}}}/${{{key}}}*")),
        permissions.allow([s3.ListBucket], arns.s3(f"${{{bucket}}}"), listed),
    ]


def read_location(name: str, location: str) -> list[Statement]:
    """Read everything below a location; `name` begins the parameters with its bucket and its prefix."""
    listed = Condition(StringLike("s3:prefix", [Sub(f"${{{name}Prefix}}*")]))
    return [
        permissions.allow([s3.GetObject], arns.s3(f"${{{location}}}/*")),
        permissions.allow([s3.ListBucket], arns.s3(f"${{{name}Bucket}}"), listed),
    ]


def read_merged() -> list[Statement]:
    """Read back what a run's first job writes beside the reports: captures merged with the ground truth."""
    return read_location("MonitoringOutput", "MonitoringOutputLocation")


def keep_baseline() -> list[Statement]:
    """The schedule's runs read what the baseline's job has written."""
    read, listing = read_location("BaselineOutput", "BaselineJobOutputLocation")
    return [permissions.allow([s3.PutObject], arns.s3("${BaselineJobOutputLocation}/*")), read, listing]


def _endpoint() -> Sub:
    return arns.regional("sagemaker", "endpoint/${EndpointInArns}")


def _also_for_events() -> Any:
    """Trust policy for SageMaker, and for EventBridge rules of this account."""
    sagemaker = permissions.trusted_by("sagemaker.amazonaws.com")
    rules = permissions.trusted_by("events.amazonaws.com", permissions.within_this_account())
    return permissions.document(*sagemaker.Statement, *rules.Statement)
