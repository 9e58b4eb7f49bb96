# SPDX-License-Identifier: Apache-2.0
"""Claims about EventBridge, CloudWatch, API Gateway and the policies of keys, buses and groups."""

from __future__ import annotations

from typing import Final

from scripts.verification.claims.claim import DOCS, Claim

_EVENTS: Final = f"{DOCS}/eventbridge/latest/userguide"
_STREAMS: Final = f"{DOCS}/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming"

CLAIMS: Final = (
    Claim(
        id="dead-letters",
        what="EventBridge may use the orchestrator's key for dead letters, whether or not it names its rule to KMS.",
        rests="Events that nobody could process are kept, and an alarm tells.",
        evidence=f"[dead letters]({_EVENTS}/eb-rule-dlq.html); whether `aws:SourceAccount` is sent to KMS is not clear",
        part="dead-letters",
    ),
    Claim(
        id="forwarded-events",
        what="The bus of the orchestrator's account takes events that rules in the accounts of the stages send on,"
        " whether or not these say of what kind they are.",
        rests="People hear of monitors in dev, staging and prod.",
        evidence=f"[across accounts]({_EVENTS}/eb-cross-account.html); which condition keys such events carry"
        " is not said",
        part="stages-events",
    ),
    Claim(
        id="package-events",
        what="The event of a change of a model package names the changed fields in `UpdatedModelPackageFields`, that"
        " of a new version names none.",
        rests="Pipelines that follow a group deploy what is approved. Changes of other fields are let through where the"
        " event names none, and change nothing.",
        evidence=f"[events of SageMaker]({DOCS}/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html)"
        " has a sample of a change",
        by_hand="provision a real-time pipeline with `deploy_on_approval`, and approve a newer version of its group",
    ),
    Claim(
        id="waiting-approval",
        what="A stage whose approval waits is locked, and a stop of that execution that abandons its actions frees it.",
        rests="A newer approved version takes the place of one that waits for the approval of a stage.",
        evidence=f"[executions]({DOCS}/codepipeline/latest/userguide/concepts-how-it-works.html), and"
        f" [stopping one]({DOCS}/codepipeline/latest/userguide/pipelines-stop.html)",
        by_hand="in several accounts, approve version 2 of a group that a pipeline follows, and version 3 while"
        " version 2 waits before staging",
    ),
    Claim(
        id="quoted-searches",
        what="A search for metrics whose names have `/` or `_` finds them when these are in double quotes.",
        rests="The dashboard shows something.",
        evidence=f"[search expressions]({DOCS}/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html)",
        part="search",
    ),
    Claim(
        id="sagemaker-namespace",
        what="Anybody may write metrics to `aws/sagemaker/...`, which is not the reserved `AWS/`.",
        rests="Nothing yet: an analysis of our own could be shown where SageMaker's is.",
        evidence=f"[PutMetricData]({DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html)",
        part="namespace",
    ),
    Claim(
        id="group-policy",
        what="The policy of a model package group takes actions on the group and on its versions in statements"
        " of their own.",
        rests="Stages deploy registered versions.",
        evidence=f"[sharing across accounts]({DOCS}/sagemaker/latest/dg/model-registry-deploy-xaccount.html)",
        by_hand="launch for several accounts with `CreateModelRegistry=Yes`, and deploy a registered version to dev",
    ),
    Claim(
        id="binary-answers",
        what="With `BinaryMediaTypes` a base64 answer of the function arrives as bytes.",
        rests="Predictions that are no text.",
        evidence=f"[binary types]({DOCS}/apigateway/latest/developerguide/api-gateway-payload-encodings.html)",
        by_hand="deploy a container that answers `application/x-npy`, and call its API",
    ),
    Claim(
        id="streaming-python",
        what="The wrapper of a Python function may start another client of the Runtime API than Lambda's, and stream.",
        rests="`streaming` of `inference_api`, and streamed chat completions.",
        evidence=f"[wrappers]({DOCS}/lambda/latest/dg/runtimes-modify.html) may change how a runtime starts; "
        f"[streams]({_STREAMS}) are described for runtimes of one's own",
        by_hand="deploy a `byom_realtime_llm`, and have a chat completion streamed",
    ),
    Claim(
        id="cut-streams",
        what="API Gateway cuts an answer whose function tells an error behind some parts of it.",
        rests="A stream that ends early does not look whole. OpenAI's clients are told by an event, whatever it does.",
        evidence=f"[custom runtimes]({_STREAMS}): Lambda hands the error on; "
        f"[API Gateway]({DOCS}/apigateway/latest/developerguide/response-transfer-mode.html) does not say",
        by_hand="deploy a container that ends within a streamed answer, with `streaming`, and call it",
    ),
    Claim(
        id="streaming-endpoints",
        what="Endpoints on instances stream, serverless ones do not; what is streamed is captured whole.",
        rests="`streaming` beside `serverless` is refused; monitors see streamed answers, or none of them.",
        evidence=f"streams are described for [real-time endpoints]({DOCS}/sagemaker/latest/dg"
        "/realtime-endpoints-test-endpoints.html); nothing is said of serverless ones, nor of captures",
        by_hand="have answers streamed by a pipeline with captures, and look at these",
    ),
)
