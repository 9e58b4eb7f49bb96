# SPDX-License-Identifier: Apache-2.0
"""Roles at work: what those of a request's pipeline, and those of the root stack, reach, decided without AWS.

    launched(AllowedBuckets="team-*")           the settings of an orchestrator launched so
    roles_of(body, settings)                    a request -> plan -> the blueprint's roles with its parameter values
    forced(template, values, role)              the same for values that no request could have
    root_role(template, role, options)          a role of the root stack, with its managed policies

Each gives `Role`s, whose `reaches(action, arn, ...)` is IAM's decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from orchestrator.csv_headers import CsvFile, Header
from orchestrator.launch import settings
from orchestrator.launch.options import ReachOptions, variable
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor
from orchestrator.values.per_stage import STAGES, Stage
from scripts.iam import evaluation, resource_arns
from scripts.iam import templates as iam
from scripts.iam.documents import Document, parse
from scripts.iam.evaluation import Policies, Request, Resource
from scripts.iam.resolving import Resolver
from scripts.iam.statements import Principal
from tests.orchestrator.conftest import read_json
from tests.orchestrator.monitoring import BASELINES, headers_of
from tests.permissions.rows import ACCOUNT, PLAIN, place

Template = dict[str, Any]
Templates = Mapping[str, Template]

ASSETS, PIPELINES, ARTIFACTS, CONFIG, LOGS = (
    f"quayside-{name}" for name in ("assets", "pipelines", "artifacts", "config", "logs")
)
RESERVED: Final = (ARTIFACTS, PIPELINES, CONFIG, LOGS)
OTHER_ACCOUNT: Final = "999988887777"
REGION: Final = "eu-west-1"
TOPIC: Final = f"arn:aws:sns:{REGION}:{ACCOUNT}:mlops-notifications"
API: Final = "0f1e2d3c4b"
BUS: Final = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
_STACK: Final = "mlops-pipeline-x"
_STACK_ID: Final = "1a2b3c4d-0000-4000-8000-000000000000"
_DEFAULTS: Final = {name: str(option.default) for name, option in ReachOptions.model_fields.items()}
_ENVIRONMENT: Final = {
    "AWS_REGION": REGION,
    "MULTI_ACCOUNT": "No",
    "USE_MODEL_REGISTRY": "No",
    "ASSETS_BUCKET": ASSETS,
    "PIPELINES_BUCKET": PIPELINES,
    "RESERVED_BUCKETS": ",".join(RESERVED),
    "ECR_REPOSITORY_ARN": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/quayside-images",
    "APPLICATION": "mlops",
    "CONFIG_BUCKET": CONFIG,
    "ARTIFACT_PREFIX": "mlops/1",
    "URL_SUFFIX": "amazonaws.com",
    **{f"{name}_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/mlops-{name}" for name in ("PIPELINE_STACK", "PIPELINE")},
    **{f"{name}_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/mlops-{name}" for name in ("PIPELINE_START", "DEPLOY")},
    "NOTIFICATIONS_TOPIC_ARN": TOPIC,
    "ALLOW_DETAILED_ERROR_MESSAGE": "Yes",
    "AUTOMATIC_RETRAINING": "No",
    "MONITOR_ENGINE": "Open",
    "LOG_KMS_KEY_ARN": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/solution",
    "LOG_RETENTION_DAYS": "365",
    "ROLE_PATH": "/",
}
_STAGES: Final = {
    f"{stage.upper()}_{suffix}": value
    for stage, account in zip(STAGES, ("555566667777", "666677778888", "777788889999"), strict=True)
    for suffix, value in (("ACCOUNT_ID", account), ("ORG_ID", "ou-ab12-cd34ef56"))
}
_MULTI: Final = {
    "MULTI_ACCOUNT": "Yes",
    "STAGE_FUNCTION": "f",
    "CALL_AS": "SELF",
    "APPROVAL_TIMEOUT_MINUTES": "60",
    "FUNCTION_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/mlops-OrchestratorRole",
}
_OPEN: Final = parse({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}})
_BUCKETS: Final = {
    "AccessLogsBucket": LOGS,
    "AssetsBucket": ASSETS,
    "ConfigBucket": CONFIG,
    "PipelinesBucket": PIPELINES,
}
_MADE: Final = {**_BUCKETS, "Api": API, "NotificationsTopic": TOPIC}


@dataclass(frozen=True)
class Role:
    """A role with its policies; `account` is the one that it is in."""

    documents: tuple[Document, ...] = field(repr=False)
    account: str = ACCOUNT
    name: str = "role"

    @cached_property
    def allowed(self) -> Mapping[str, tuple[str, ...]]:
        """All that it may do to something -> the patterns of ARNs; no statement allows actions by a wildcard."""
        found: dict[str, tuple[str, ...]] = {}
        for one in (one for document in self.documents for one in document.statements if one.effect == "Allow"):
            for action in one.actions or ():
                found[action] = (*found.get(action, ()), *(one.resources or ()))
        return found

    def reaches(self, action: str, arn: str, owner: str = "", policy: Document | None = None, **context: str) -> bool:
        """Whether IAM lets it do something to a resource, which is its own account's if the ARN tells no other.

        A resource of another account lets everybody in, unless it has a policy. `context` has condition keys with `_`
        for `:`.
        """
        owner = owner or arn.split(":")[4] or self.account
        role_arn = f"arn:aws:iam::{self.account}:role/{self.name}"
        principal = Principal(f"arn:aws:sts::{self.account}:assumed-role/{self.name}/session", role_arn)
        policy = policy or (_OPEN if owner != self.account else None)
        known = {"aws:resourceaccount": [owner], "aws:securetransport": ["true"], "aws:principalarn": [role_arn]}
        given = {key.replace("_", ":", 1): [value] for key, value in context.items()}
        request = Request(principal, action, (Resource(arn, owner, policy),), {**known, **given})
        return evaluation.decide(request, Policies(self.documents)).allowed


def launched(multi: bool = False, registry: bool = False, **parameters: str) -> Settings:
    """The settings of an orchestrator that was launched with these parameters."""
    chosen = {variable(name): value for name, value in {**_DEFAULTS, **parameters}.items()}
    stages = {**_STAGES, **_MULTI} if multi else {}
    return settings.read({**_ENVIRONMENT, **chosen, **stages, "USE_MODEL_REGISTRY": "Yes" if registry else "No"})


def accepted(body: Mapping[str, Any], given: Settings) -> PipelineRequest:
    """A request that knows what it has to; raises `RefusedRequestError`."""
    request = BUILT_IN.parse(dict(body), given.launch).request
    return request.with_csv_headers(_headers(request, given.launch)) if isinstance(request, Monitor) else request


def _headers(request: Monitor, launch: Launch) -> dict[CsvFile, Header]:
    """Whatever file it names has the columns of the baseline of the type's example."""
    example = (BASELINES / Path(read_json(f"requests/{request.pipeline_type}.json")["baseline_data"]).name).read_bytes()
    names = (Path(file.object_key).name for file in request.csv_files(launch))
    return headers_of(request, launch, {name: example for name in names if not (BASELINES / name).exists()})


def values_of(request: PipelineRequest, given: Settings, stage: Stage | None = None) -> tuple[str, dict[str, str]]:
    """The path of the template with the pipeline's roles, and its parameter values."""
    deployment = request.plan(given).deployment
    if deployment.blueprint is None:
        return deployment.pipeline_template, dict(deployment.pipeline_parameters)
    index = 0 if stage is None else STAGES.index(stage)
    return deployment.blueprint.template, dict(deployment.blueprint.parameter_files[index].parameters)


def roles_of(
    templates: Templates, request: PipelineRequest, given: Settings, stage: Stage | None = None
) -> dict[str, Role]:
    """The roles that a request's pipeline makes, by logical id; with a stage those in its account."""
    path, values = values_of(request, given, stage)
    template = templates[path]
    account = ACCOUNT if stage is None else _STAGES[f"{stage.upper()}_ACCOUNT_ID"]
    return {name: forced(template, values, name, account) for name in made_by(template)}


def made_by(template: Template) -> list[str]:
    """The logical ids of a template's roles."""
    return [name for name, one in template["Resources"].items() if one["Type"] == "AWS::IAM::Role"]


def trusted_services(template: Template, role: str) -> tuple[str, ...]:
    """The services that may work under a role."""
    found = iam.resolver(template)
    policy = found.structure(found.properties(role)["AssumeRolePolicyDocument"])
    names = (name for one in parse(policy).statements for name in (one.principals or {}).get("Service", ()))
    return tuple(dict.fromkeys(name.removesuffix(".amazonaws.com") for name in names))


def forced(template: Template, values: Mapping[str, str], role: str, account: str = ACCOUNT) -> Role:
    """A role of a stack with these parameter values."""
    here = replace(place(stack=_STACK), account=account)
    known = {"AWS::StackId": here.arn("cloudformation", f"stack/{_STACK}/{_STACK_ID}"), **values}
    return Role(iam.policies(template, role, here, known), account, f"{_STACK}-{role}-1")


def root_role(template: Template, role: str, **options: str) -> Role:
    """A role of a root stack that is launched with these options."""
    found = root_resolver(template, **options)
    managed = (found.structure(found.properties(name)["PolicyDocument"]) for name in attached(found, role))
    return Role((*iam.policies_of(found, role), *map(parse, managed)), name=f"mlops-{role}-1")


def attached(found: Resolver, role: str) -> list[str]:
    """The managed policies of a template that a role has on some condition, by logical id."""
    items = found.properties(role).get("ManagedPolicyArns", ())
    branches = (branch for item in items if "Fn::If" in item for branch in found.branches(item["Fn::If"]))
    return [branch["Ref"] for branch in branches if branch.get("Ref") in found.template["Resources"]]


def resource_policies(template: Template) -> dict[str, Document]:
    """ARN of a bucket, or of the bus of events, of a root stack for several accounts -> its policy."""
    found = root_resolver(template)
    of_buckets = {
        f"arn:aws:s3:::{name}": found.properties(f"{logical_id}Policy")["PolicyDocument"]
        for logical_id, name in _BUCKETS.items()
    }
    of_bus = {"Statement": found.properties("StageEventsPolicy")["Statement"]}
    return {arn: parse(found.structure(policy)) for arn, policy in {**of_buckets, BUS: of_bus}.items()}


def root_resolver(template: Template, **options: str) -> Resolver:
    """What the calls in a root template stand for when it is launched with these options."""
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items() if "Default" in one}
    stages = {f"{stage.capitalize()}AccountId": _STAGES[f"{stage.upper()}_ACCOUNT_ID"] for stage in STAGES}
    # By name, because nobody knows what CloudFormation would call new ones.
    known = {"ExistingKmsKeyArn": _ENVIRONMENT["LOG_KMS_KEY_ARN"], "ExistingECRRepo": "quayside-images"}
    values = {**defaults, **PLAIN, **stages, **known, "ArtifactBucket": ARTIFACTS, **options}
    return Resolver(template, place(stack="mlops"), values, _physical, _arns)


def _physical(found: Resolver, logical_id: str) -> list[str]:
    known = _MADE.get(logical_id)
    return [known] if known else resource_arns.physical(found, logical_id)


def _arns(found: Resolver, logical_id: str) -> list[str]:
    return [f"arn:aws:s3:::{_BUCKETS[logical_id]}"] if logical_id in _BUCKETS else resource_arns.of(found, logical_id)
