# SPDX-License-Identifier: Apache-2.0
"""The pipeline that deploys one blueprint through dev, staging and prod, with approvals between (compatibility 4.3).

The approval for a stage stands at the end of the one before it. Each deployment is a job of the stage deployer.
"""

from __future__ import annotations

import json
from typing import Final

from troposphere import Join, Ref, Select, Split, Sub, Template, codepipeline

from generator import conditions, parameters
from generator.pipelines.single_account_codepipeline import SOURCE, add_outputs, pipeline, source_stage
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters
from orchestrator.stage_action.outcomes import SMOKE_TEST_VARIABLE

_DESCRIPTION: Final = "MLOps Workload Orchestrator: a pipeline that deploys a blueprint to dev, staging and prod."


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, MultiAccountPipelineParameters)
    stages = [
        source_stage(),
        stage("Dev", approval(built, "DeployStaging", "staging", after="Dev")),
        stage("Staging", approval(built, "DeployProd", "production", after="Staging")),
        stage("Prod"),
    ]
    built.add_resource(pipeline(stages))
    add_outputs(built)
    return built


def stage(name: str, *after: codepipeline.Actions) -> codepipeline.Stages:
    """A stage: its deployment, then perhaps the approval of the next."""
    return codepipeline.Stages(Name=f"Deploy{name}", Actions=[deployment(name), *after])


def deployment(name: str) -> codepipeline.Actions:
    """A job for the stage deployer."""
    return codepipeline.Actions(
        Name=f"Deploy{name}StackSet",
        Namespace=_namespace(name),
        RunOrder=1,
        ActionTypeId=codepipeline.ActionTypeId(Category="Invoke", Owner="AWS", Provider="Lambda", Version="1"),
        Configuration={"FunctionName": Ref("StageFunctionName"), "UserParameters": user_parameters(name)},
        InputArtifacts=[codepipeline.InputArtifacts(Name=SOURCE)],
    )


def user_parameters(name: str) -> Sub:
    """Input of the stage deployer, as JSON (compatibility 4.3). The StackSet's name ends in part of this stack's id."""
    text = json.dumps(
        {
            "stackset_name": f"${{StackName}}-{name.lower()}-${{StackIdPart}}",
            "artifact": SOURCE,
            "template_file": "${TemplateFileName}",
            "stage_params_file": f"${{{name}ParamsName}}",
            "account_ids": ["${Accounts}"],
            "org_ids": ["${Units}"],
            "regions": ["${AWS::Region}"],
        }
    )
    stack_uuid = Select(2, Split("/", Ref("AWS::StackId")))
    return Sub(
        text,
        StackIdPart=Select(0, Split("-", stack_uuid)),
        Accounts=_listed(f"{name}AccountId"),
        Units=_listed(f"{name}OrgId"),
    )


def _listed(parameter: str) -> Join:
    """Ids with commas between as the inside of a JSON list of strings."""
    return Join('","', Split(",", Ref(parameter)))


def _namespace(name: str) -> str:
    """Namespace of what the deployment of a stage hands on to the actions after it."""
    return f"Deploy{name}StackSet-namespace"


def approval(built: Template, name: str, account: str, after: str) -> codepipeline.Actions:
    """Manual approval of the next stage, which the topic asks for and which fails after the operator's time-out.

    Where models are tested, it tells what the test of the stage before has found, in the words of that stage's
    deployment. CodePipeline fails an action that refers to a variable which was not handed on: the stage deployer hands
    it on with every success.
    """
    words = f"Please approve to deploy to {account} account"
    found = f"{words}. #{{{_namespace(after)}.{SMOKE_TEST_VARIABLE}}}"
    return codepipeline.Actions(
        Name=name,
        RunOrder=2,
        ActionTypeId=codepipeline.ActionTypeId(Category="Approval", Owner="AWS", Provider="Manual", Version="1"),
        Configuration={
            "NotificationArn": Ref("NotificationsTopicArn"),
            "CustomData": conditions.if_provided(built, "SmokeTested", found, words),
        },
        TimeoutInMinutes=Ref("ApprovalTimeoutMinutes"),
    )
