# SPDX-License-Identifier: Apache-2.0
"""Permissions of the orchestrator for runs of monitors: list them, read what they found, start one.

A managed policy, because the orchestrator's inline policies nearly fill what IAM allows a role.
"""

from __future__ import annotations

from typing import Any, Final

from awacs import s3, sagemaker, scheduler
from awacs.aws import Condition, Statement, StringLike
from troposphere import GetAtt, Join, Ref, Split, Template, iam

from generator import arns, iam_roles, names, permissions
from generator.monitoring import monitor_runs as blueprint
from generator.root.data import storage
from generator.root.events import digest_policy
from orchestrator import reach
from orchestrator.plan import layout
from orchestrator.sagemaker.monitor_runs import JOBS

_POLICY: Final = "MonitorRunsPolicy"
_READ: Final = ("constraint_violations.json", "run.json")
"""Files of a run, in any folder of a bucket that requests may name."""


def add_to(template: Template) -> None:
    """Add the policy."""
    digest = digest_policy.statements(template)
    template.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            Description="Lists, reads and starts runs of monitors",
            PolicyDocument=permissions.document(*_lists(), *_starts(), _reads(), *_keeps(), *digest),
        )
    )


def attached_policy() -> Ref:
    """The policy, for a role's list of managed policies."""
    return Ref(_POLICY)


def _lists() -> list[Statement]:
    """SageMaker knows no resource for listings; schedules have names that begin with those of endpoints."""
    return [
        permissions.allow([sagemaker.ListMonitoringExecutions, sagemaker.ListProcessingJobs], "*"),
        permissions.allow(
            [scheduler.GetSchedule], [arns.regional("scheduler", f"schedule/default/{name}") for name in names.MONITORS]
        ),
    ]


def _starts() -> list[Statement]:
    """Start jobs with the names of runs, under the roles of monitors; a job has the tags of its schedule's."""
    jobs = arns.regional("sagemaker", f"processing-job/{JOBS}*")
    return [
        permissions.allow([sagemaker.AddTags, sagemaker.CreateProcessingJob], jobs),
        permissions.pass_role(iam_roles.named(f"{arns.PIPELINE_PREFIX}*-{blueprint.ROLE}-"), "sagemaker.amazonaws.com"),
    ]


def _reads() -> Statement:
    """Read these files alone, in buckets that requests may name, of accounts that they may name."""
    owners = Split(",", Join(",", [Ref("AWS::AccountId"), Ref(reach.ACCOUNTS)]))
    here = Condition(StringLike("aws:ResourceAccount", owners))
    return permissions.allow([s3.GetObject], Split(",", Join(",", [_files(name) for name in _READ])), here)


def _files(name: str) -> Any:
    """ARNs of the files of that name in each bucket, with commas between."""
    before, after = reach.BUCKET.arns[1].split("{}")
    ending = f"{after}/{name}"
    return Join("", [before, Join(f"{ending},{before}", Split(",", Ref(reach.BUCKET.parameter))), ending])


def _keeps() -> list[Statement]:
    """Keep what events tell of runs in the accounts of stages."""
    bucket, kept = GetAtt(storage.PIPELINES, "Arn"), f"{layout.RUNS}*"
    return [
        permissions.allow([s3.GetObject, s3.PutObject], arns.objects_in(bucket, kept)),
        permissions.allow([s3.ListBucket], bucket, Condition(StringLike("s3:prefix", [kept]))),
    ]
