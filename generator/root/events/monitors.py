# SPDX-License-Identifier: Apache-2.0
"""Rules for the ends of monitor runs, here and in the stages, and the orchestrator's permissions for monitors."""

from __future__ import annotations

from typing import Any, Final

from awacs import events as events_actions
from awacs import kms as kms_actions
from awacs import s3 as s3_actions
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Allow, Condition, Statement, StringEqualsIfExists, StringLike
from troposphere import GetAtt, Join, Sub, Template, events

from generator import arns, names, permissions
from generator.monitoring import missing_runs, monitor_runs
from generator.root import accounts, orchestrator, roles
from generator.root.data import storage
from generator.root.events import jobs
from orchestrator.plan import layout
from orchestrator.provisioned.awaited import smoke_tests
from orchestrator.sagemaker import monitor_alarms
from orchestrator.sagemaker.job_kinds import ENDED
from orchestrator.sagemaker.monitor_runs import DATA_JOBS, DETAIL_TYPE, JOBS

_READ_BY_JOBS: Final = [f"{layout.folder('*')}{kind}*" for kind in (layout.ANALYSIS, layout.ENGINE)]
"""Keys in the pipelines bucket of what the jobs of monitors read: configurations of analyses, and the engine."""
_DEFAULT_BUS = "default"


def add_to(template: Template) -> None:
    """Add the rules; the permission of the rules for jobs is for these, too."""
    template.add_resource(run_ended_rule())
    template.add_resource(runs_missing_rule())
    template.add_resource(smoke_test_rule())


def run_ended_rule() -> events.Rule:
    """Runs of monitors, by the role of the job."""
    return events.Rule(
        "MonitorRunRule",
        Name=jobs.named("monitors"),
        Description="Tells the orchestrator that a run of a monitor has ended",
        EventPattern=_ended(),
        Targets=[orchestrator.to_function()],
    )


def runs_missing_rule() -> events.Rule:
    """Alarms on missing runs, by their names, which begin with those of the monitors' stacks."""
    alarms = [{"wildcard": f"{prefix}*-{monitor_alarms.MISSING}-*"} for prefix in names.ROLE_PREFIXES]
    return events.Rule(
        "MonitorRunsMissingRule",
        Name=jobs.named("missing"),
        Description="Tells the orchestrator that runs of a monitor are missing, or come again",
        EventPattern=missing_runs.changed(*alarms),
        Targets=[orchestrator.to_function()],
    )


def smoke_test_rule() -> events.Rule:
    """Smoke tests, whose functions send an event each."""
    return events.Rule(
        "SmokeTestRule",
        Name=jobs.named("smoke"),
        Description="Tells the orchestrator what a smoke test has found",
        EventPattern={"source": [smoke_tests.SOURCE], "detail-type": [smoke_tests.DETAIL_TYPE]},
        Targets=[orchestrator.to_function()],
    )


def _ended() -> dict[str, Any]:
    """Ends that are worth a look, and every end of the open engine's runs: those in stages are known by it alone.

    Ends of jobs that write data for a retraining, too: it goes on then.
    """
    pattern = monitor_runs.ended(*roles.of_pipelines())
    runs = {"ProcessingJobStatus": list(ENDED), "ProcessingJobName": [{"prefix": JOBS}, {"prefix": DATA_JOBS}]}
    detail = pattern["detail"]
    return {**pattern, "detail": {**detail, "$or": [*detail["$or"], runs]}}


def statements() -> list[Statement]:
    """Look at endpoints and at headers of baselines, and encrypt what jobs read with the keys of requests.

    A key may be another account's that lets this one in; the orchestrator uses it through S3 only.
    """
    bucket = storage.assets_bucket_name()
    keys = Sub("arn:${AWS::Partition}:kms:${AWS::Region}:*:key/*")
    through_s3 = Condition(permissions.through("s3"))
    return [
        permissions.allow([s3_actions.GetObject], arns.s3("${Bucket}/*", Bucket=bucket)),
        # A monitor may watch an endpoint that others made.
        permissions.allow([sagemaker_actions.DescribeEndpoint], arns.regional("sagemaker", "endpoint/*")),
        # People name their schedules.
        permissions.allow(
            [sagemaker_actions.DescribeMonitoringSchedule], arns.regional("sagemaker", "monitoring-schedule/*")
        ),
        # Without it S3 answers "forbidden" where it means "not there".
        permissions.allow([s3_actions.ListBucket], arns.s3("${Bucket}", Bucket=bucket)),
        permissions.allow([kms_actions.GenerateDataKey], keys, through_s3),
    ]


def read_configurations() -> list[Statement]:
    """The accounts of the stages read what monitors and smoke tests need, and nothing else, in the pipelines bucket."""
    arn = GetAtt(storage.PIPELINES, "Arn")
    common = {"Effect": Allow, "Principal": accounts.principals()}
    return [
        Statement(
            Sid="ReadConfigurations",
            Action=[s3_actions.GetObject],
            Resource=[arns.objects_in(arn, keys) for keys in (*_READ_BY_JOBS, storage.FUNCTIONS)],
            **common,
        ),
        Statement(
            Sid="ListConfigurations",
            Action=[s3_actions.ListBucket],
            Resource=[arn],
            Condition=Condition(StringLike("s3:prefix", _READ_BY_JOBS)),
            **common,
        ),
    ]


def add_bus_policy(template: Template) -> None:
    """Add the policy of the bus: the stages' accounts send ends of processing jobs, changes of alarms and smoke tests.

    No service sends an event of another's type, and nobody else may use their names.

    It is unknown whether a rule that forwards an event states its source and type (lesson 115). Events without them are
    let in. The rules of this account then match only the kinds and accounts that they name.
    """
    sent = StringEqualsIfExists(
        {
            "events:source": ["aws.sagemaker", monitor_alarms.SOURCE, smoke_tests.SOURCE],
            "events:detail-type": [DETAIL_TYPE, monitor_alarms.DETAIL_TYPE, smoke_tests.DETAIL_TYPE],
        }
    )
    statement = Statement(
        Effect=Allow,
        Principal=accounts.principals(),
        Action=[events_actions.PutEvents],
        Resource=[arns.regional("events", f"event-bus/{_DEFAULT_BUS}")],
        Condition=Condition(sent),
    )
    template.add_resource(
        events.EventBusPolicy(
            "StageEventsPolicy",
            EventBusName=_DEFAULT_BUS,
            StatementId=Join("-", ["mlops-stages", arns.stack_digits()]),
            Statement=statement.JSONrepr(),
        )
    )
