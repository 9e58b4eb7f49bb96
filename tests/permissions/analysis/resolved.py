# SPDX-License-Identifier: Apache-2.0
"""Writes every role that the templates make, with names and ARNs where templates have calls: what analysers read.

    python -m tests.permissions.analysis.resolved build/analysis/roles.json

The form is that of `aws iam get-account-authorization-details`, which `cloudsplaining scan` takes as well. A role is
named after where it comes from: a launch of a root template, or a request with the stage that it is deployed to.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import keys
from orchestrator.values.per_stage import STAGES, Stage
from scripts.iam import templates as iam
from scripts.iam.resolving import Resolver
from tests import committed
from tests.end_to_end import options
from tests.permissions import acting, named
from tests.permissions.acting import Template
from tests.permissions.rows import ACCOUNT, ROOTS, place

Details = dict[str, Any]

REQUESTS: Final = Path(__file__).parents[2] / "requests"
_LAUNCHES: Final[Mapping[str, Mapping[str, str]]] = {"plain": {}, "with-options": options.PARAMETERS}
_SCHEDULED: Final = {"schedule_expression": "rate(7 days)"}
_COMPARED: Final = {"variants": [{"name": "challenger", "model_artifact_location": "models/next/model.tar.gz"}]}
_ANYTHING: Final = {**options.PARAMETERS, **dict.fromkeys((kind.parameter for kind in named.KINDS.values()), "*")}


def account() -> Details:
    """Everything that analysers are told about the account."""
    found = [*_of_roots(), *_of_requests()]
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": found, "Policies": []}


def _of_roots() -> Iterator[Details]:
    for path in ROOTS:
        root = with_names(committed.template(path))
        for launch, chosen in _LAUNCHES.items():
            yield from _roles(acting.root_resolver(root, **chosen), f"{path.split('-')[2]}-{launch}")


def _of_requests() -> Iterator[Details]:
    """Of the example of each type, in each stage; and of one request for each key that names something of others."""
    for file in sorted(REQUESTS.glob("*.json")):
        body = json.loads(file.read_text("utf-8"))
        is_multi = file.stem.endswith(".multi")
        for stage in STAGES if is_multi else (None,):
            yield from _of_request(
                f"{file.stem}-{stage}" if stage else file.stem, body, acting.launched(is_multi), stage
            )
    compared = {**json.loads((REQUESTS / "byom_realtime_builtin.multi.json").read_text("utf-8")), **_COMPARED}
    yield from _of_request("byom_realtime_builtin-compared", compared, acting.launched(True), "dev")
    for type_ in BUILT_IN:
        body = json.loads((REQUESTS / f"{type_.type_name()}.json").read_text("utf-8"))
        if _SCHEDULED.keys() <= {key.name for key in keys(type_)} - body.keys():
            yield from _of_request(f"{type_.type_name()}-scheduled", {**body, **_SCHEDULED}, acting.launched())
    for one in named.on_every_engine(named.named()):
        launched = acting.launched(registry=one.needs_registry, **_ANYTHING, MonitorEngine=one.engine)
        engine = "" if one.engine == named.OPEN else f"-{one.engine}"
        yield from _of_request(f"{one.pipeline_type}-{one.key}{engine}", one.body(one.value), launched)


def _of_request(name: str, body: Mapping[str, Any], given: Settings, stage: Stage | None = None) -> Iterator[Details]:
    path, values = acting.values_of(acting.accepted(body, given), given, stage)
    template = committed.template(path)
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items() if "Default" in one}
    yield from _roles(iam.resolver(template, place(stack="mlops-pipeline-x"), {**defaults, **values}), name)


def _roles(found: Resolver, where: str) -> Iterator[Details]:
    for logical_id, resource in found.template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role" and found.is_made(logical_id):
            yield _details(found, logical_id, f"{where}/{logical_id}")


def _details(found: Resolver, role: str, name: str) -> Details:
    properties = found.structure(found.properties(role))
    inline = [(one["PolicyName"], one["PolicyDocument"]) for one in properties.get("Policies", ())]
    # One list: analysers judge what a role may do, wherever that is written.
    others = [*_managed(found, role), *acting.attached(found, role), *_put_into(found, role)]
    beside = [(one, found.structure(found.properties(one)["PolicyDocument"])) for one in others]
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": name,
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": properties["AssumeRolePolicyDocument"],
        "RolePolicyList": [{"PolicyName": title, "PolicyDocument": one} for title, one in (*inline, *beside)],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
        "Tags": [],
    }


def _managed(found: Resolver, role: str) -> list[str]:
    """The managed policies of the template that a role has in any case."""
    refs = (one.get("Ref", "") for one in found.properties(role).get("ManagedPolicyArns", ()))
    return [ref for ref in refs if ref in found.template["Resources"]]


def _put_into(found: Resolver, role: str) -> list[str]:
    """The inline policies of a role that are resources of their own."""
    resources = found.template["Resources"]
    policies = [one for one in resources if resources[one]["Type"] == "AWS::IAM::Policy" and found.is_made(one)]
    return [one for one in policies if {"Ref": role} in found.properties(one)["Roles"]]


def with_names(root: Template) -> Template:
    """A root template in which buckets and the topic have names: analysers take a star for any resource."""
    text = json.dumps(root)
    for name, resource in root["Resources"].items():
        bucket = f"mlops-{name.lower()}-1"
        made: Mapping[str, tuple[str, str]] = {
            "AWS::S3::Bucket": (bucket, f"arn:aws:s3:::{bucket}"),
            "AWS::SNS::Topic": (f"arn:aws:sns:{acting.REGION}:{ACCOUNT}:mlops-{name}-1", ""),
        }
        if resource["Type"] in made:
            ref, arn = made[resource["Type"]]
            text = text.replace(json.dumps({"Ref": name}), json.dumps(ref))
            text = text.replace(json.dumps({"Fn::GetAtt": f"{name}.Arn"}), json.dumps(arn))
    named_root: Template = json.loads(text)
    return named_root


def main() -> int:
    """Write the document; the status of the process."""
    file = Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(account(), indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
