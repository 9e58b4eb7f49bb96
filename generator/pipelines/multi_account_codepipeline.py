# SPDX-License-Identifier: Apache-2.0
"""The pipeline that deploys one blueprint through dev, staging and prod, with approvals between (compatibility 4.3).

The approval for a stage stands at the end of the one before it. Each deployment is a job of the stage deployer.
"""

from __future__ import annotations

import json
from typing import Final

from troposphere import Join, Ref, Select, Split, Sub, Template, codepipeline

from generator import parameters
from generator.pipelines.single_account_codepipeline import SOURCE, add_outputs, pipeline, source_stage
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters

_DESCRIPTION: Final = "MLOps Workload Orchestrator: a pipeline that deploys a blueprint to dev, staging and prod."


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, MultiAccountPipelineParameters)
    stages = [
        source_stage(),
        stage("Dev", approval("DeployStaging", "staging")),
        stage("Staging", approval("DeployProd", "production")),
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
        Namespace=f"Deploy{name}StackSet-namespace",
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


def approval(name: str, account: str) -> codepipeline.Actions:
    """Manual approval of the next stage, which the topic asks for and which fails after the operator's time-out."""
    return codepipeline.Actions(
        Name=name,
        RunOrder=2,
        ActionTypeId=codepipeline.ActionTypeId(Category="Approval", Owner="AWS", Provider="Manual", Version="1"),
        Configuration={
            "NotificationArn": Ref("NotificationsTopicArn"),
            "CustomData": f"Please approve to deploy to {account} account",
        },
        TimeoutInMinutes=Ref("ApprovalTimeoutMinutes"),
    )
