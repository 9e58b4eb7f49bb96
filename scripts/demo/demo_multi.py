# SPDX-License-Identifier: Apache-2.0
"""Demo of one model in the accounts of dev, staging and prod, on the local AWS. Run by `make demo-multi`.

    python -m scripts.demo.demo_multi

Ends with exit status 0 only if the endpoints of all three accounts predict the same as the model itself, each on the
instance type that was requested for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from mlops_orchestrator.client import approvals
from mlops_orchestrator.client.approvals import Decision
from mlops_orchestrator.settings import hints
from scripts.demo import demo_captures, demo_steps, demo_story
from scripts.demo.demo_model import TrainedModel
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_steps import Watcher
from scripts.demo.demo_story import DemoError, Story
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import LocalDeployment
from scripts.launch.local_stack import deployed

_MODEL_NAME: Final = "breast-cancer"
_INSTANCES: Final = {"dev": "ml.t2.medium", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}
_STACK_PREFIX: Final = f"mlops-pipeline-{_MODEL_NAME}-byompipelinerealtimebuiltin"
_APPROVAL_SUBJECT: Final = "APPROVAL NEEDED"


def run(story: Story) -> None:
    """Run the whole demo. Raise DemoError, and the errors of its steps."""
    story.chapter("Launch: a local AWS with four accounts; the solution is deployed in the orchestrator's")
    with deployed(Launching("multi-account", parameters={EMAIL_PARAMETER: "you@example.com"}), story) as deployment:
        notifications = Notifications(deployment)
        story.table(("stage", "account"), [("orchestrator", deployment.aws.account), *deployment.accounts.items()])
        story.chapter("Model: XGBoost learns from 455 of 569 cell samples; 114 are held out")
        model = demo_steps.train_and_upload(deployment, story)
        _deploy_all(model, notifications, deployment, story)
    story.chapter("Done: one model in three accounts, all predictions agree with the model's own")
    running = hints.command("local --option multi-account")
    story.say(f"next: `{running}` keeps such an AWS running for your own requests")


def _deploy_all(model: TrainedModel, notifications: Notifications, deployment: LocalDeployment, story: Story) -> None:
    story.chapter("Provision: one signed call of the API, with an instance type for each stage")
    captures = {
        stage: demo_captures.own_bucket(deployment.in_account(account), _MODEL_NAME)
        for stage, account in deployment.accounts.items()
    }
    locations = {stage: captured.location for stage, captured in captures.items()}
    request = demo_steps.request(_MODEL_NAME, _INSTANCES, locations)
    pipeline_id = demo_steps.provision(request, deployment, story)
    watcher = Watcher(pipeline_id, deployment, story)
    first, *others = deployment.accounts
    served, types = {}, {}
    for stage, following in zip(deployment.accounts, [*others, ""], strict=True):
        if stage != first:
            story.chapter(f"Approve {stage}: what the topic's subscribers were told, and the decision")
            _approve(stage, pipeline_id, notifications, deployment, story)
        watcher.watch(until=_waits_for(following))
        story.chapter(f"Predict in {stage}: a call signed with credentials of the account {deployment.accounts[stage]}")
        served[stage], types[stage] = _look_at(stage, model, deployment, story)
        demo_steps.check(model, stage, served[stage], story)
        captures[stage].check(1, story)
    story.chapter("Compare: the endpoints of all accounts with the model itself")
    demo_steps.show(model, served, story)
    story.table(("stage", "account", "instance type"), [(*one, types[one[0]]) for one in deployment.accounts.items()])
    if types != _INSTANCES:
        raise DemoError(f"the endpoints run on {types}; asked was {_INSTANCES}")


def _waits_for(stage: str) -> Callable[[PipelineStatus], bool]:
    return lambda status: stage in [approval.target for approval in status.waiting]


def _approve(
    stage: str, pipeline_id: str, notifications: Notifications, deployment: LocalDeployment, story: Story
) -> None:
    subject, text = notifications.first(_APPROVAL_SUBJECT)
    story.mail(subject, text)
    decision = Decision(stage, "the predictions of the stage before agree", is_approval=True)
    codepipeline = deployment.aws.client("codepipeline")
    decided = approvals.decide(codepipeline, lambda: demo_steps.status(pipeline_id, deployment), decision)
    approved = hints.command(f"approve {_MODEL_NAME} {stage}")
    story.say(f"{approved}: the execution {decided.execution} goes on")


def _look_at(stage: str, model: TrainedModel, deployment: LocalDeployment, story: Story) -> tuple[list[float], str]:
    """Return predictions and instance type of the endpoint in a stage's account."""
    aws = deployment.in_account(deployment.accounts[stage])
    stack_arn = _stack_of(stage, deployment)
    state = stack_following.find(aws.client("cloudformation"), stack_arn)
    if state is None:
        raise DemoError(f"the account of {stage} has no stack {stack_arn}")
    story.say(f"{state.name}: {state.status}")
    url = deployment.reachable(state.outputs["InferenceApiUrl"])
    return demo_steps.predictions(model, url, aws, story), _instance_type(state.outputs["SageMakerEndpointName"], aws)


def _stack_of(stage: str, deployment: LocalDeployment) -> str:
    """Return the stack that the stage's StackSet has made in its account."""
    cloudformation = deployment.aws.client("cloudformation")
    sets = [one["StackSetName"] for one in cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"]]
    for name in sets:
        if name.startswith(f"{_STACK_PREFIX}-{stage}-"):
            (instance,) = cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
            return str(instance["StackId"])
    raise DemoError(f"there is no StackSet of {stage}; there are {', '.join(sets) or 'none'}")


def _instance_type(endpoint: str, aws: Aws) -> str:
    """Return an endpoint's instance type from SageMaker in its account."""
    sagemaker = aws.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    return str(variant["InstanceType"])


if __name__ == "__main__":
    raise SystemExit(demo_story.tell(run, globals()))
