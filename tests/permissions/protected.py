# SPDX-License-Identifier: Apache-2.0
"""What is worth protecting in and around a launched solution, and what would do harm to it.

Each thing belongs to nobody who sends the requests that the tests send: to the solution itself, to other pipelines, or
to somebody else in the account. `named_as` has the values by which a request could mean it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.permissions.acting import API, ARTIFACTS, ASSETS, BUS, CONFIG, LOGS, OTHER_ACCOUNT, PIPELINES, REGION, TOPIC
from tests.permissions.rows import ACCOUNT

ADD, LIST, READ, USE, WRITE = "add", "list", "read", "use", "write"
Actions = Mapping[str, Sequence[str]]

_PLAIN: Final[Mapping[str, str]] = {}
_THROUGH: Final = (
    _PLAIN,
    *({"kms_viaservice": f"{service}.{REGION}.amazonaws.com"} for service in ("lambda", "s3", "sagemaker")),
    {"kms_grantisforawsresource": "true"},
    {"kms_grantisforawsresource": "true", "kms_viaservice": f"sagemaker.{REGION}.amazonaws.com"},
)
_SERVICES: Final = "cloudformation codebuild codepipeline ec2 events lambda sagemaker scheduler"
_PASSED: Final = tuple({"iam_passedtoservice": f"{service}.amazonaws.com"} for service in _SERVICES.split())
_OBJECTS: Final = {
    READ: ("s3:GetObject", "s3:GetObjectVersion"),
    WRITE: ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
}
_BUCKETS: Final = {
    WRITE: (
        *("s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"),
        *("s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration"),
    )
}
_REPOSITORIES: Final = {
    READ: ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    WRITE: ("ecr:PutImage", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy", "ecr:DeleteRepository"),
}
_SECRETS: Final = {READ: ("secretsmanager:GetSecretValue",), WRITE: ("secretsmanager:PutSecretValue",)}
_KEYS: Final = {
    READ: ("kms:Decrypt",),
    WRITE: ("kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"),
    USE: ("kms:CreateGrant", "kms:GenerateDataKey"),
}
_FUNCTIONS: Final = {
    READ: ("lambda:GetFunction",),
    WRITE: ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission"),
    USE: ("lambda:InvokeFunction",),
}
_ROLES: Final = {
    WRITE: (
        *("iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"),
        "iam:DeleteRolePermissionsBoundary",
    ),
    USE: ("sts:AssumeRole",),
}
_STACKS: Final = {
    READ: ("cloudformation:GetTemplate",),
    WRITE: (
        *("cloudformation:CreateChangeSet", "cloudformation:CreateStack", "cloudformation:DeleteStack"),
        *("cloudformation:SetStackPolicy", "cloudformation:UpdateStack"),
    ),
}
_STACK_SETS: Final = {
    WRITE: (
        *("cloudformation:CreateStackInstances", "cloudformation:DeleteStackInstances"),
        *("cloudformation:DeleteStackSet", "cloudformation:UpdateStackSet"),
    ),
}
_RUNS: Final = {
    READ: ("sagemaker:DescribeProcessingJob",),
    WRITE: tuple(f"sagemaker:{verb}ProcessingJob" for verb in ("Create", "Delete", "Stop")),
}


@dataclass(frozen=True)
class Probe:
    """One thing that somebody would try, on some resource if the ARN ends in a star.

    `context` has condition keys with `_` for `:`.
    """

    harm: str
    action: str
    arn: str
    context: Mapping[str, str]


@dataclass(frozen=True)
class Thing:
    """Something to be protected; `words` say what it is. `owner` is told where its ARN has no account."""

    words: str
    probes: tuple[Probe, ...]
    named_as: tuple[str, ...] = ()
    owner: str = ACCOUNT


def things() -> Iterator[Thing]:
    """All of them."""
    yield from _places()
    yield from _of_others()
    yield from _of_the_solution()
    yield from _of_other_pipelines()


def _probes(actions: Actions, *arns: str, contexts: Sequence[Mapping[str, str]] = (_PLAIN,)) -> tuple[Probe, ...]:
    return tuple(
        Probe(harm, action, arn, context)
        for harm, each in actions.items()
        for action in each
        for arn in arns
        for context in contexts
    )


def _place(words: str, bucket: str, *keys: str, owner: str = ACCOUNT) -> Thing:
    """Objects; a request means one by its location, by where that lies, or by its key alone.

    Where they have the bucket for themselves, nothing is to be added either.
    """
    bucket_arn = f"arn:aws:s3:::{bucket}"
    listed = [Probe(LIST, "s3:ListBucket", bucket_arn, {"s3_prefix": key}) for key in keys]
    folders = [key.rpartition("/")[0] for key in keys]
    named_as = [f"{bucket}/{place}" for place in (*keys, *folders)]
    alone = [*keys, *folders] if bucket == ASSETS else []
    added = [] if bucket in (ASSETS, PIPELINES) else [Probe(ADD, "s3:PutObject", f"{bucket_arn}/*", _PLAIN)]
    probes = (*_probes(_OBJECTS, *(f"{bucket_arn}/{key}" for key in keys)), *listed, *added)
    return Thing(words, probes, (*named_as, *alone, f"{bucket}/"), owner)


def _places() -> Iterator[Thing]:
    other = "mlops-pipeline-prod-credit"
    yield _place("code and root templates of a release", ARTIFACTS, "mlops/1/root.yaml", "mlops/1/orchestrator.zip")
    yield _place(
        "the package of another pipeline",
        PIPELINES,
        *(f"provisioned/{other}/{key}" for key in ("template.zip", "templates/0f1e")),
    )
    yield _place("requests that another pipeline keeps", PIPELINES, f"provisioned/{other}/requests/0f1e.json")
    yield _place("artifacts of another pipeline's runs", PIPELINES, f"{other[:20]}/0123456789/AbCdEf")
    yield _place("pipeline types that were added", PIPELINES, "pipeline-types/churn/0f1e.json")
    yield _place("the mark of a registered version", PIPELINES, "registered/training-job/prod-credit")
    yield _place("marks of messages and of deletions", PIPELINES, "reported/0f1e", f"deleting/{other}")
    yield _place("access logs", LOGS, "assets/2026-11-29-00-00-00-0F1E")
    yield _place("a configuration", CONFIG, "prod/mlops-config.json")
    yield _place("a configuration in the assets bucket", ASSETS, "prod/mlops-config.json")
    yield _place("models and data of others in the assets bucket", ASSETS, "prod/credit/model.tar.gz")
    buckets = [f"arn:aws:s3:::{name}" for name in (ARTIFACTS, PIPELINES, CONFIG, LOGS, ASSETS)]
    yield Thing("policies and settings of the solution's buckets", _probes(_BUCKETS, *buckets))


def _of_others() -> Iterator[Thing]:
    """In this account, and in one that has nothing to do with the solution."""
    yield _place("a bucket of somebody else", "prod-payroll", "2026/salaries.csv")
    yield _place("a bucket of another account", "else-payroll", "2026/salaries.csv", owner=OTHER_ACCOUNT)
    for whose, account in (("", ACCOUNT), (" of another account", OTHER_ACCOUNT)):
        yield _repository(f"another repository{whose}", account, "prod-images")
        yield _secret(f"a secret outside of mlops/{whose}", account, "prod-database")
        yield _key(f"another key{whose}", account, "key/prod-payroll")
        yield _package(f"a model package group{whose or ' of others'}", account)
    yield _secret("a secret in mlops/", ACCOUNT, "mlops/prod-registry")
    yield _role("a role that is none of the solution", f"arn:aws:iam::{ACCOUNT}:role/Administrator")
    yield _role("a role of another account", f"arn:aws:iam::{OTHER_ACCOUNT}:role/Administrator")
    policies = {WRITE: ("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:SetDefaultPolicyVersion")}
    yield Thing("permissions boundaries", _probes(policies, f"arn:aws:iam::{ACCOUNT}:policy/team/Boundary"))
    yield _stack("a stack that is none of the solution", "payroll")
    yield _function("a function that is none of the solution", "payroll")


def _of_the_solution() -> Iterator[Thing]:
    yield _repository("other tags of a repository that the request names", ACCOUNT, "quayside-images")
    yield _key("the solution's key", ACCOUNT, "key/solution")
    yield _function("functions of the solution", "mlops-Orchestrator-1", "mlops-StageDeployer-1")
    api = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/prod/POST/provisionpipeline"
    yield Thing("calls of the API", _probes({USE: ("execute-api:Invoke",)}, api))
    yield _api("the API itself", API)
    for role in ("ApiLogging", "BucketEvents", "Deploy", "Orchestrator", "Pipeline", "PipelineStack", "PipelineStart"):
        yield _role(f"{role}Role", f"arn:aws:iam::{ACCOUNT}:role/mlops-{role}Role-1")
    yield _role("StageDeployerRole", f"arn:aws:iam::{ACCOUNT}:role/mlops-StageDeployerRole-1")
    yield _stack("the root stack", "mlops")
    told = {USE: ("sns:Publish",), WRITE: ("sns:SetTopicAttributes", "sns:Subscribe", "sns:DeleteTopic")}
    yield Thing("the topic", _probes(told, TOPIC), (TOPIC,))
    lost = {READ: ("sqs:ReceiveMessage",), USE: ("sqs:SendMessage",), WRITE: ("sqs:PurgeQueue", "sqs:DeleteMessage")}
    yield Thing("lost events", _probes(lost, f"arn:aws:sqs:{REGION}:{ACCOUNT}:mlops-DeadLetterQueue-1"))
    # Nobody but AWS can send events whose source is a service of AWS.
    of_code = {"events_source": "own.code"}
    yield Thing("events", _probes({USE: ("events:PutEvents",)}, BUS, contexts=(of_code,)))
    rules = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/mlops-ConfigUploadedRule-1"
    yield Thing("rules of the solution", _probes({WRITE: ("events:PutRule", "events:PutTargets")}, rules))
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:mlops-OrchestratorLogs-1"
    yield _logs("logs of the solution", logs)


def _of_other_pipelines() -> Iterator[Thing]:
    other = "mlops-pipeline-prod-credit"
    yield _role("roles of another pipeline", f"arn:aws:iam::{ACCOUNT}:role/{other}-SageMakerRole-1")
    yield _stack("stacks of another pipeline", other, f"{other}-codepipeline")
    target = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stackset/{other}:0f1e"
    yield Thing("StackSets of another pipeline", _probes(_STACK_SETS, target), (other,))
    yield _function("the function of another pipeline", f"{other}-Inference")
    runs = {
        USE: ("codepipeline:StartPipelineExecution", "codepipeline:PutApprovalResult"),
        WRITE: ("codepipeline:UpdatePipeline", "codepipeline:DeletePipeline"),
    }
    yield Thing("another pipeline", _probes(runs, f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{other}"), (other,))
    yield _api("the API of another pipeline", "4b3c2d1e0f")
    builds = {USE: ("codebuild:StartBuild",), WRITE: ("codebuild:UpdateProject",)}
    yield Thing("builds of another pipeline", _probes(builds, f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{other}"))
    yield _sagemaker("an endpoint of another pipeline", "Endpoint", "endpoint", {USE: ("sagemaker:InvokeEndpoint",)})
    yield _sagemaker("a model of another pipeline", "Model", "model")
    yield _jobs()
    run = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/mlops-monitor-9a8b7c6d-11112222"
    yield Thing("a run of another monitor", _probes(_RUNS, run))
    yield _sagemaker("the schedule of another monitor", "MonitoringSchedule", "monitoring-schedule")
    yield _sagemaker("a model card", "ModelCard", "model-card")
    schedule = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{other}-Schedule"
    changed = {WRITE: ("scheduler:UpdateSchedule", "scheduler:DeleteSchedule")}
    yield Thing("the schedule of another pipeline", _probes(changed, schedule))
    yield _logs("logs of jobs and endpoints", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs")
    yield _logs("logs of another pipeline", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{other}-InferenceLogs-1")


def _repository(words: str, account: str, name: str) -> Thing:
    image = f"{account}.dkr.ecr.{REGION}.amazonaws.com/{name}:v1"
    arn = f"arn:aws:ecr:{REGION}:{account}:repository/{name}"
    return Thing(words, _probes(_REPOSITORIES, arn), (image, name, arn), account)


def _secret(words: str, account: str, name: str) -> Thing:
    arn = f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-AbCdEf"
    return Thing(words, _probes(_SECRETS, arn), (arn,), account)


def _key(words: str, account: str, key: str) -> Thing:
    arn = f"arn:aws:kms:{REGION}:{account}:{key}"
    return Thing(words, _probes(_KEYS, arn, contexts=_THROUGH), (arn,), account)


def _package(words: str, account: str) -> Thing:
    start = f"arn:aws:sagemaker:{REGION}:{account}:model-package"
    group = {WRITE: ("sagemaker:CreateModelPackage", "sagemaker:DeleteModelPackageGroup")}
    version = {
        READ: ("sagemaker:DescribeModelPackage",),
        WRITE: ("sagemaker:DeleteModelPackage", "sagemaker:UpdateModelPackage"),
        USE: ("sagemaker:CreateModel",),
    }
    probes = (*_probes(group, f"{start}-group/prod-credit"), *_probes(version, f"{start}/prod-credit/4"))
    return Thing(words, probes, (f"{start}/prod-credit/4", f"{start}-group/prod-credit", "prod-credit"), account)


def _role(words: str, arn: str) -> Thing:
    probes = (*_probes(_ROLES, arn), *_probes({USE: ("iam:PassRole",)}, arn, contexts=_PASSED))
    return Thing(words, probes, (arn,), arn.split(":")[4])


def _stack(words: str, *names: str) -> Thing:
    arns = [f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/0f1e" for name in names]
    return Thing(words, _probes(_STACKS, *arns), (*names, *arns))


def _function(words: str, *names: str) -> Thing:
    arns = [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}" for name in names]
    return Thing(words, _probes(_FUNCTIONS, *arns), (*names, *arns))


def _api(words: str, id_: str) -> Thing:
    changes = {WRITE: tuple(f"apigateway:{verb}" for verb in ("DELETE", "PATCH", "POST", "PUT"))}
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{id_}"
    return Thing(words, _probes(changes, arn, f"{arn}/resources/x"))


def _sagemaker(words: str, noun: str, kind: str, more: Actions = _PLAIN) -> Thing:
    """Named by its name, or by how names of several begin."""
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/prod-credit"
    actions = {
        READ: (f"sagemaker:Describe{noun}",),
        WRITE: tuple(f"sagemaker:{verb}{noun}" for verb in ("Create", "Delete", "Update")),
    }
    return Thing(words, _probes({**actions, **more}, arn), ("prod-credit", "prod", arn))


def _jobs() -> Thing:
    verbs = {READ: ("Describe",), WRITE: ("Create", "Delete", "Stop")}
    nouns = {
        "AutoMLJob": "automl-job",
        "HyperParameterTuningJob": "hyper-parameter-tuning-job",
        "ProcessingJob": "processing-job",
        "TrainingJob": "training-job",
        "TransformJob": "transform-job",
    }
    probes = [
        Probe(harm, f"sagemaker:{verb}{noun}", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/prod-credit", _PLAIN)
        for noun, kind in nouns.items()
        for harm, each in verbs.items()
        for verb in each
    ]
    return Thing("a job of another pipeline", tuple(probes), ("prod-credit", "prod"))


def _logs(words: str, arn: str) -> Thing:
    actions: dict[str, Any] = {
        READ: ("logs:GetLogEvents",),
        WRITE: ("logs:DeleteLogGroup",),
        USE: ("logs:PutLogEvents",),
    }
    return Thing(words, _probes(actions, arn, f"{arn}:log-stream:x"))
