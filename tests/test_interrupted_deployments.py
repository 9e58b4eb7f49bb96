# SPDX-License-Identifier: Apache-2.0
"""A deployment that dies at any of its calls to AWS and is run again ends like one that was never disturbed.

`make test` tries a few of these calls, `make trust` all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch import deployment, launch
from scripts.launch.launch import Launching
from scripts.local_aws.server import LocalAws
from scripts.packaging.artifacts import Release
from scripts.packaging.bundle import Bundle
from tests.end_to_end.users import Nobody
from tests.sampling import Sampling

_ROOT = """\
Parameters:
  ArtifactBucket:
    Type: String
  ArtifactPrefix:
    Type: String
  Label:
    Type: String
    Default: ''
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref AWS::StackName, DisplayName: !Ref Label}}
  %s
Outputs:
  Topic: {Value: !Ref Topic}
  Label: {Value: !GetAtt Topic.TopicName}
"""
_VERSIONS = {
    "0.1.0": "Queue: {Type: AWS::SQS::Queue, Properties: {}}",
    "0.2.0": "Other: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}",
}
_SAMPLE = 3
_READS = ("Get", "List", "Describe", "Head")


class Killed(BaseException):
    """The process is gone: nothing handles it."""


@dataclass
class Life:
    """The calls of one process, which may end at one of them, before or after AWS has done what it was asked."""

    ends_at: int = 0
    after_effect: bool = False
    calls: list[str] = field(default_factory=list)

    def before(self, model: Any) -> None:
        self.calls.append(model.name)
        self._end(len(self.calls) == self.ends_at and not self.after_effect)

    def after(self) -> None:
        self._end(len(self.calls) == self.ends_at and self.after_effect)

    def _end(self, is_over: bool) -> None:
        if is_over:
            raise Killed


class Account:
    """The local AWS; `life` is the process that uses it now."""

    def __init__(self, running: LocalAws) -> None:
        self.life = Life()
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        session = boto3.session.Session(region_name=running.region, **keys)
        session.events.register("before-call", lambda model, **_: self.life.before(model))
        session.events.register("after-call", lambda **_: self.life.after())
        self.aws = Aws(session, running.region, running.endpoint_url)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with LocalAws() as running:
        yield Account(running)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local AWS is quick: what is waited for is there at the next look."""
    monkeypatch.setattr(deployment, "_POLL_SECONDS", 0.005)
    monkeypatch.setattr(stack_following, "_FIRST_PAUSE_SECONDS", 0.005)


def _release(version: str) -> Release:
    templates = (("mlops-orchestrator-single-account.yaml", _ROOT % _VERSIONS[version]),)
    return Release(version, Bundle((("code.py", version.encode()),)).zipped(), templates)


class Place:
    """A stack and a bucket that one test has for itself."""

    def __init__(self, account: Account, name: str) -> None:
        self._account, self.name = account, name

    def deploy(self, version: str, life: Life | None = None) -> launch.Outcome:
        launching = Launching(
            stack_name=f"stack-{self.name}",
            parameters={"Label": version},
            bucket=f"bucket-{self.name}",
            tags={"team": "quay", "version": version},
        )
        self._account.life = life or Life()
        try:
            return launch.deploy(self._account.aws, launching, Nobody(), lambda _: True, _release(version))
        finally:
            self._account.life = Life()

    def state(self) -> dict[str, Any]:
        """All that a deployment leaves, without names and ids."""
        cloudformation, s3 = self._account.aws.client("cloudformation"), self._account.aws.client("s3")
        bucket, stack = f"bucket-{self.name}", f"stack-{self.name}"
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        resources = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        change_sets = cloudformation.list_change_sets(StackName=stack)["Summaries"]
        versions = s3.list_object_versions(Bucket=bucket).get("Versions", [])
        said = {
            "stack": found["StackStatus"],
            "outputs": found["Outputs"],
            "parameters": found["Parameters"],
            "tags": found["Tags"],
            "resources": sorted((one["LogicalResourceId"], one["ResourceStatus"]) for one in resources),
            "waiting change sets": [one for one in change_sets if one["ExecutionStatus"] == "AVAILABLE"],
            "objects": sorted((one["Key"], one["Size"]) for one in versions),
            "policy": s3.get_bucket_policy(Bucket=bucket)["Policy"],
            "versioning": s3.get_bucket_versioning(Bucket=bucket)["Status"],
            "public": s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
            "encryption": s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"],
        }
        return {what: str(told).replace(self.name, "NAME") for what, told in said.items()}


def _deaths(calls: list[str]) -> Iterator[Life]:
    """A life for each state in which a process can leave AWS: none of its calls done, or one more that does something.

    Looking changes nothing, so to die at a look or just before a call is to die just after the one that did something
    before. What CloudFormation does meanwhile goes on without the process: the first look at it counts too.
    """
    yield Life(1)
    for number, name in enumerate(calls, 1):
        if not name.startswith(_READS):
            yield Life(number, after_effect=True)
    yield Life(calls.index("DescribeStackEvents", calls.index("ExecuteChangeSet")) + 1)


@pytest.mark.parametrize("there", [None, "0.1.0"], ids=["creates", "updates"])
def test_a_deployment_goes_on_wherever_it_was_interrupted(
    account: Account, there: str | None, sampling: Sampling
) -> None:
    def place(number: int) -> Place:
        # Names of one length: templates have the bucket's name in them.
        made = Place(account, f"{'update' if there else 'create'}-{number:03}")
        if there:
            made.deploy(there)
        return made

    undisturbed, whole = place(0), Life()
    assert undisturbed.deploy("0.2.0", whole).changed
    wanted = undisturbed.state()
    assert wanted["waiting change sets"] == "[]"
    deaths = list(_deaths(whole.calls))
    assert {"CreateChangeSet", "ExecuteChangeSet", "PutObject"} <= {whole.calls[life.ends_at - 1] for life in deaths}
    chosen = sampling.of(deaths, _SAMPLE, lambda life: f"{life.ends_at} {life.after_effect}")
    for number, life in enumerate(chosen, 1):
        interrupted = place(number)
        with pytest.raises(Killed):
            interrupted.deploy("0.2.0", life)
        interrupted.deploy("0.2.0")
        assert interrupted.state() == wanted, f"died {'after' if life.after_effect else 'before'} {life.calls[-1]}"


def test_a_deployment_of_nothing_new_changes_nothing(account: Account) -> None:
    place = Place(account, "repeated")
    place.deploy("0.2.0")
    before, life = place.state(), Life()

    assert not place.deploy("0.2.0", life).changed
    assert place.state() == before
    assert {"PutObject", "CreateBucket", "ExecuteChangeSet"}.isdisjoint(life.calls)
