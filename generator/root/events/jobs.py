# SPDX-License-Identifier: Apache-2.0
"""Rules for the ends of jobs, and the permissions to handle them: describe the job, register its model.

Everything follows from the pipeline types that start jobs: adding one changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from awacs import cloudformation as cfn
from awacs import ecr as ecr_actions
from awacs import kms as kms_actions
from awacs import s3 as s3_actions
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Action, Condition, Statement
from troposphere import GetAtt, Sub, Template, events

from generator import arns, permissions
from generator.root import orchestrator, roles
from generator.root.data import storage
from orchestrator.events.jobs import comparison
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.training.job_types import kinds_by_type
from orchestrator.plan import layout
from orchestrator.sagemaker import job_kinds
from orchestrator.sagemaker.job_kinds import ENDED, JobKind

_KINDS: Final = kinds_by_type(BUILT_IN)
_TYPE: Final = "pipeline_type"
_RULES: Final = "mlops-jobs-${Digits}"
_EVERY: Final = "rate(5 minutes)"
_REGISTERED: Final = f"{layout.REGISTERED}*"
"""Keys in the pipelines bucket of what became of registrations."""
# SageMaker takes a model's artifact only as such an archive:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
_ARTIFACTS: Final = "*.tar.gz"


def add_to(template: Template) -> None:
    """Add the rules and the permission for all."""
    for resource in (ended_rule(), check_rule(), compared_rule()):
        template.add_resource(resource)
    rules = arns.regional("events", f"rule/{_RULES}-*", Digits=arns.stack_digits())
    template.add_resource(orchestrator.permission("JobsPermission", rules))


def ended_rule() -> events.Rule:
    """Jobs that a pipeline started, by their tags; what those start has the same tags and is of another kind."""
    return events.Rule(
        "JobEndedRule",
        Name=named("ended"),
        Description="Tells the orchestrator that a job of a pipeline has ended",
        EventPattern={"source": ["aws.sagemaker"], "$or": [*_patterns()]},
        Targets=[orchestrator.to_function()],
    )


def check_rule() -> events.Rule:
    """SageMaker sends no event for some kinds of jobs: the orchestrator looks for them itself (lesson 80)."""
    words = " and ".join(f"{kind.words}s" for kind in kinds() if not kind.event)
    return events.Rule(
        "JobCheckRule",
        Name=named("check"),
        Description=f"Has the orchestrator look for {words} that have ended",
        ScheduleExpression=_EVERY,
        Targets=[orchestrator.to_function()],
    )


def compared_rule() -> events.Rule:
    """Transform jobs of comparisons, by their names, which the orchestrator alone gives."""
    detail = {"TransformJobName": [{"prefix": comparison.NAMES}], "TransformJobStatus": list(ENDED)}
    return events.Rule(
        "ComparisonEndedRule",
        Name=named("compared"),
        Description="Tells the orchestrator that a model has scored the held-out rows of a comparison",
        EventPattern={"source": ["aws.sagemaker"], "detail-type": [job_kinds.TRANSFORM.event], "detail": detail},
        Targets=[orchestrator.to_function()],
    )


def named(what: str) -> Sub:
    """Name of a rule.

    CloudFormation's own names begin with the stack's, which it cuts: no permission could rely on them.
    """
    return Sub(f"{_RULES}-{what}", Digits=arns.stack_digits())


def kinds() -> list[JobKind]:
    """Each kind of job once, in the order of the pipeline types."""
    return list(dict.fromkeys(_KINDS.values()))


def _patterns() -> Iterator[dict[str, Any]]:
    """For each kind two, because AWS's sources disagree on the form of tags: a map, or a list of pairs (lesson 108).

    In a list, key and value are those of one pair. One `$or` with all of them is the plainest form of EventBridge's:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    for kind in (kind for kind in kinds() if kind.event):
        types = [name for name, other in _KINDS.items() if other is kind]
        for tags in ({_TYPE: types}, {"Key": [_TYPE], "Value": types}):
            yield {"detail-type": [kind.event], "detail": {f"{kind.noun}Status": list(ENDED), "Tags": tags}}


def statements() -> list[Statement]:
    """Permissions to handle the end of a job."""
    return [*_looks(), *_markers(), *_registers()]


def _looks() -> Iterator[Statement]:
    # People name their jobs, and a tuning job names its training jobs.
    for kind in kinds():
        actions = [Action("sagemaker", f"Describe{kind.noun}")]
        jobs = arns.regional("sagemaker", f"{kind.resource}/*")
        if kind.event is None:
            yield permissions.allow([Action("sagemaker", f"List{kind.noun}s")], "*")
            actions.append(sagemaker_actions.ListTags)
        yield permissions.allow(actions, jobs)


def _markers() -> list[Statement]:
    bucket = GetAtt(storage.PIPELINES, "Arn")
    actions = [s3_actions.DeleteObject, s3_actions.GetObject, s3_actions.PutObject]
    return [
        permissions.allow(actions, arns.objects_in(bucket, f"{layout.REPORTED}*")),
        permissions.allow([s3_actions.GetObject, s3_actions.PutObject], arns.objects_in(bucket, _REGISTERED)),
    ]


def _registers() -> list[Statement]:
    """SageMaker looks at artifact and image as whoever registers them.

    The actions are those that the handler of AWS::SageMaker::ModelPackage names in its schema, less those for
    properties that are not used.
    """
    # A group may be another account's that lets this one in; SageMaker's own images are in accounts of each Region.
    anywhere = "arn:${AWS::Partition}:{service}:${AWS::Region}:*:"
    registry, images, keys = (anywhere.replace("{service}", service) for service in ("sagemaker", "ecr", "kms"))
    bucket = storage.assets_bucket_name()
    through_s3 = Condition(permissions.through("s3"))
    return [
        permissions.allow([cfn.DescribeStackResources], roles.STACKS),
        permissions.allow(
            [sagemaker_actions.CreateModelPackage, sagemaker_actions.UpdateModelPackage],
            [Sub(f"{registry}model-package-group/*"), Sub(f"{registry}model-package/*")],
        ),
        permissions.allow([s3_actions.GetObject], arns.s3(f"${{Bucket}}/{_ARTIFACTS}", Bucket=bucket)),
        permissions.allow([s3_actions.ListBucket], arns.s3("${Bucket}", Bucket=bucket)),
        permissions.allow([kms_actions.Decrypt], Sub(f"{keys}key/*"), through_s3),
        permissions.allow([ecr_actions.BatchGetImage, ecr_actions.DescribeImages], Sub(f"{images}repository/*")),
    ]
