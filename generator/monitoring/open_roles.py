# SPDX-License-Identifier: Apache-2.0
"""The roles of a monitor on the open engine: of its jobs, and of the schedule that starts them."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, Statement, StringLike
from troposphere import GetAtt, Sub, Template, iam

from generator import arns, permissions
from generator.conditions import if_provided
from generator.monitoring import monitor_roles, monitor_runs, open_metrics
from generator.resources import sagemaker_roles
from orchestrator.sagemaker.monitor_runs import JOBS

SCHEDULE_ROLE: Final = "ScheduleRole"
RUN_PREFIX: Final = f"{JOBS}${{Stack}}-"
"""How the names of a monitor's runs begin; `${Stack}` are digits of its stack's id."""
_REPORTS: Final = "${EndpointName}/${MonitoringScheduleName}"


def role(built: Template, *policies: Any) -> iam.Role:
    """Read data, captures and engine, keep the baseline, write reports; `policies` are of one kind of monitor.

    The engine has a namespace of its own for metrics. SageMaker reports under the role how busy the instances are.
    """
    made = sagemaker_roles.role(
        monitor_runs.ROLE,
        permissions.policy("BaselineData", *monitor_roles.read_data("AssetsBucket", "BaselineData")),
        permissions.policy("Baseline", *monitor_roles.keep_baseline()),
        permissions.policy("Engine", *monitor_roles.read_data("PipelinesBucket", "EngineKey")),
        permissions.policy("CapturedData", *_read_below(built, "DataCapture", "${EndpointName}")),
        permissions.policy("Reports", permissions.allow([s3.PutObject], _objects("MonitoringOutput", _REPORTS))),
        *monitor_roles.use_key_and_network(built),
        *policies,
        namespaces=[open_metrics.NAMESPACE, sagemaker_roles.INSTANCES],
    )
    return monitor_roles.forwarding(built, made)


def read_ground_truth(built: Template) -> Any:
    """Policy to read the ground truth, and the monitor's own earlier reports."""
    return permissions.policy(
        "GroundTruth",
        *monitor_roles.read_location("GroundTruth", "MonitorGroundTruthInput"),
        *_read_below(built, "MonitoringOutput", _REPORTS),
    )


def keep_training_data(built: Template) -> Any:
    """Policy to write training data of what was merged, when the request has asked for it."""
    place = arns.s3("${AssetsBucket}/${RetrainingPrefix}/*")
    kept = permissions.policy("TrainingData", permissions.allow([s3.PutObject], place))
    return if_provided(built, "RetrainingPrefix", kept)


def schedule_role(built: Template) -> iam.Role:
    """Start the monitor's runs, and hand them its role."""
    jobs = arns.regional("sagemaker", f"processing-job/{RUN_PREFIX}*", Stack=arns.stack_digits())
    return iam.Role(
        SCHEDULE_ROLE,
        AssumeRolePolicyDocument=permissions.trusted_by("scheduler.amazonaws.com", permissions.within_this_account()),
        Policies=[
            permissions.policy(
                "Runs",
                permissions.allow([sagemaker_actions.AddTags, sagemaker_actions.CreateProcessingJob], jobs),
                permissions.pass_role(GetAtt(monitor_runs.ROLE, "Arn"), "sagemaker.amazonaws.com"),
            ),
            sagemaker_roles.hand_on_request_key(built),
        ],
    )


def _read_below(built: Template, name: str, folder: str) -> list[Statement]:
    """Read what is in a folder below a location; `name` begins the parameters of that location."""
    prefix = if_provided(built, f"{name}Prefix", Sub(f"${{{name}Prefix}}/{folder}/*"), Sub(f"{folder}/*"))
    return [
        permissions.allow([s3.GetObject], _objects(name, folder)),
        permissions.allow([s3.ListBucket], arns.s3(f"${{{name}Bucket}}"), Condition(StringLike("s3:prefix", [prefix]))),
    ]


def _objects(name: str, folder: str) -> Sub:
    return arns.s3(f"${{{name}Location}}/{folder}/*")
