# SPDX-License-Identifier: Apache-2.0
"""Claims about CloudFormation, CodePipeline, Lambda, API Gateway and what roles need."""

from __future__ import annotations

from typing import Final

from scripts.verification.claims.claim import DOCS, Claim

_CFN: Final = f"{DOCS}/AWSCloudFormation/latest"

CLAIMS: Final = (
    Claim(
        id="lambda-runtime",
        what="The bundle runs on Lambda's `python3.13` on arm64.",
        rests="Every request: the suite runs the same code on this machine's processor and Python.",
        evidence=f"wheels for that platform, resolved by their lock;"
        f" [runtimes]({DOCS}/lambda/latest/dg/lambda-runtimes.html)",
        part="card",
    ),
    Claim(
        id="read-handlers",
        what="All that CloudFormation's handlers read is allowed to the role of a stack, whichever property is set.",
        rests="Each deployment of a pipeline with a log group, a function or a model.",
        evidence=f"`handlers.read.permissions` of the provider schemas; [the"
        f" schema]({DOCS}/cloudformation-cli/latest/userguide/"
        "resource-type-schema.html#schema-properties-handlers)",
        part="handlers",
    ),
    Claim(
        id="generated-names",
        what="Names that CloudFormation makes for models and endpoint configurations begin with the stack's name or the"
        " logical id. Both are allowed.",
        rests="Deployments of endpoints and batches: the role of the stack may make only what is called so.",
        evidence=f"[names of resources]({_CFN}/TemplateReference/aws-properties-name.html) promises no form",
        part="handlers",
    ),
    Claim(
        id="baseline-waits",
        what="`AWS::SageMaker::ProcessingJob` is there when the job has ended, and a job that fails fails its stack. If"
        " CloudFormation goes on earlier, the runs without a baseline say so.",
        rests="Monitors: a schedule begins with its baseline.",
        evidence="its schema has the end and the exit message as attributes; "
        f"[the type]({_CFN}/TemplateReference/aws-resource-sagemaker-processingjob.html)",
        part="waits",
    ),
    Claim(
        id="encoded-arn",
        what="API Gateway hands an encoded ARN, with `%2F` and `%3A`, to the function as one path parameter.",
        rests="`mlops status`, `mlops delete` and others with a `pipeline_id` or a name such as `churn/realtime`.",
        evidence=f"[proxy"
        f" integrations]({DOCS}/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html) do not"
        " say; captures of others show the path still encoded"
        " ([standard-server 93](https://github.com/middleapi/standard-server/pull/93)), and the function"
        " takes both forms",
        part="look",
    ),
    Claim(
        id="role-propagation",
        what="A change of a role's policy is in force when SageMaker makes the next model of the same stack.",
        rests="Updates of endpoints: each new artifact is a new statement.",
        evidence="[IAM is eventually consistent](https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html);"
        " CloudFormation waits some seconds after a role",
        part="update",
    ),
    Claim(
        id="source-object-reads",
        what="CodePipeline's S3 source reads the bucket's ACL and the object's tags, which its role may.",
        rests="Every pipeline: each begins with a source in S3.",
        evidence=f"[S3 source]({DOCS}/codepipeline/latest/userguide/action-reference-S3.html)",
        part="build",
    ),
    Claim(
        id="source-object-key",
        what="A source object under a customer key is read with `kms:Decrypt` by way of S3.",
        rests="Image builds from a bucket with a key of its own.",
        evidence=f"[conditions of KMS]({DOCS}/kms/latest/developerguide/conditions-kms.html), `kms:ViaService`",
        part="build-encrypted",
    ),
    Claim(
        id="stack-set-events",
        what="Events of a StackSet reach the account that operates it, also a delegated administrator. If they do not,"
        " `mlops delete --watch` repeats its request.",
        rests="Deletions in several accounts go on by themselves, and end with a message.",
        evidence=f"[events of CloudFormation]({_CFN}/UserGuide/stacks-event-bridge.html) do not say",
        part="stages-delete",
    ),
    Claim(
        id="approval-expiry",
        what="An approval that nobody has decided in time fails without words, after as long as it may wait.",
        rests="The message tells an expiry from a rejection.",
        evidence=f"[approvals]({DOCS}/codepipeline/latest/APIReference/API_PutApprovalResult.html); no code is"
        " documented",
        by_hand="launch with `ApprovalTimeoutMinutes=5`, and decide nothing",
    ),
    Claim(
        id="update-only",
        what="CodePipeline's `CREATE_UPDATE` leaves a stack in `UPDATE_ROLLBACK_FAILED` as it is; what never"
        " came to be is"
        " removed by the orchestrator.",
        rests="A live endpoint is not deleted because an update of it failed.",
        evidence=f"[the action]({DOCS}/codepipeline/latest/userguide/action-reference-CloudFormation.html)",
        by_hand="make an update and its roll-back fail, then send the request again",
    ),
    Claim(
        id="api-logging-role",
        what="A launch keeps the logging role that an account has set for API Gateway.",
        rests="Access logs of other people's APIs go on.",
        evidence=f"[logging]({DOCS}/apigateway/latest/developerguide/set-up-logging.html): one role for an"
        " account and Region",
        by_hand="launch in an account that has such a role, and look at `aws apigateway get-account`",
    ),
    Claim(
        id="trusting-services",
        what="EventBridge, Scheduler, CodeBuild and SageMaker (endpoints, transform, training) say for whom"
        " they take on a"
        " role.",
        rests="Pipelines deploy and predict: the trust policies ask for it.",
        evidence=f"[confused deputy]({DOCS}/sagemaker/latest/dg/security-confused-deputy-prevention.html) of"
        " each service",
        part="batch",
    ),
    Claim(
        id="baseline-tags",
        what="Tags of a processing job cannot change, so those of baselines do not follow the operator's.",
        rests="A new tag at a launch computes no baseline anew.",
        evidence="`createOnlyProperties` of its schema; "
        f"[the type]({_CFN}/TemplateReference/aws-resource-sagemaker-processingjob.html)",
        by_hand="deploy with another `--tag`, provision a monitor again, and look for a second baseline",
    ),
    Claim(
        id="earlier-stacks",
        what="A stack of the earlier solution in the same account is left as it is.",
        rests="A migration beside what runs.",
        evidence="follows from what is asked of CloudFormation; [migration](migration.md)",
        by_hand="provision a model that the earlier solution has deployed: a 409 says so",
    ),
    Claim(
        id="regional-types",
        what="Regions lack resource types as the provider schemas say, and a template without them is taken there.",
        rests="Launches in new Regions.",
        evidence="provider schemas of each Region, as"
        " [cfn-lint](https://github.com/aws-cloudformation/cfn-lint) has them",
        by_hand="launch in ap-east-2, ca-west-1 or mx-central-1",
    ),
)
