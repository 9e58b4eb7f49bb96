# SPDX-License-Identifier: Apache-2.0
"""Claims about SageMaker: jobs, monitors, captures, events."""

from __future__ import annotations

from typing import Final

from scripts.verification.claims.claim import DOCS, Claim

_DG: Final = f"{DOCS}/sagemaker/latest/dg"
_API: Final = f"{DOCS}/sagemaker/latest/APIReference"

CLAIMS: Final = (
    Claim(
        id="merged-data",
        what="Analysis jobs of model quality and bias list and read the data that was merged with the truth.",
        rests="Each run of these two monitors.",
        evidence=f"[merging]({_DG}/model-monitor-model-quality-merge.html); an S3 prefix as an input is listed",
        part="monitor-runs",
    ),
    Claim(
        id="monitors-closed",
        what="In an account that has never used Model Monitor SageMaker refuses job definitions, and the"
        " pipeline fails with"
        " its words.",
        rests="What people read who begin with monitors.",
        evidence=f"[AWS's page]({_DG}/model-monitor-availability-change.html), without the words",
        part="monitor-refusal",
    ),
    Claim(
        id="captures-csv",
        what="An endpoint captures CSV as CSV.",
        rests="Monitors read it.",
        evidence=f"[data capture]({_DG}/model-monitor-data-capture-endpoint.html)",
        part="predict",
    ),
    Claim(
        id="captures-json",
        what="With `JsonContentTypes` an endpoint captures JSON as JSON, and not as base64.",
        rests="Monitors of endpoints that are sent JSON.",
        evidence=f"[CaptureContentTypeHeader]({_API}/API_CaptureContentTypeHeader.html)",
        part="capture-json",
    ),
    Claim(
        id="event-tags",
        what="`detail.Tags` of SageMaker's events is a map or a list of Key and Value. Both are understood.",
        rests="Ends of jobs are told, and models registered.",
        evidence=f"[events of SageMaker]({DOCS}/eventbridge/latest/ref/events-ref-sagemaker.html) has one form,"
        f" [SageMaker's own page]({_DG}/automating-sagemaker-with-eventbridge.html) another",
        part="training-event",
    ),
    Claim(
        id="job-name-in-arn",
        what="A processing job is described by the last part of its ARN, whatever the case of its name.",
        rests="The output `BaselineName` of monitors names the job.",
        evidence="`ProcessingJob.from_processing_arn` of"
        " [AWS's SDK](https://github.com/aws/sagemaker-python-sdk/blob/v2.232.0/src/sagemaker/processing.py)",
        part="baselines",
    ),
    Claim(
        id="event-exit-message",
        what="The event of a processing job may lack `ExitMessage`; the job is described then.",
        rests="People hear of violations.",
        evidence=f"[SageMaker's own page]({_DG}/automating-sagemaker-with-eventbridge.html): its example is of"
        " a failed job",
        part="baselines",
    ),
    Claim(
        id="event-role",
        what="The event of a processing job has the role of the job.",
        rests="Runs of monitors are told apart from other jobs.",
        evidence=f"[events of SageMaker]({DOCS}/eventbridge/latest/ref/events-ref-sagemaker.html)",
        part="contents",
    ),
    Claim(
        id="exit-message",
        what="What a container writes to `/opt/ml/output/message` is the job's `ExitMessage`.",
        rests="Violations are found by it.",
        evidence=f"[metadata of a job]({_DG}/byoc-metadata.html)",
        part="contents",
    ),
    Claim(
        id="scikit-learn-image",
        what="SageMaker's scikit-learn image has Python, pandas and NumPy.",
        rests="Nothing yet: it is where an analysis of our own would run.",
        evidence="[its source](https://github.com/aws/sagemaker-scikit-learn-container)",
        part="contents",
    ),
    Claim(
        id="trial-checkpoints",
        what="Each trial of a tuning job has checkpoints of its own.",
        rests="Tuning on spot instances: a trial must not go on from another's checkpoint.",
        evidence=f"[CheckpointConfig]({_API}/API_CheckpointConfig.html) does not say",
        part="tune",
    ),
    Claim(
        id="autopilot-role",
        what="The permissions that AWS documents for Autopilot are enough.",
        rests="Autopilot pipelines.",
        evidence=f"[roles of SageMaker]({_DG}/sagemaker-roles.html); names of what Autopilot makes are not documented",
        part="autopilot",
    ),
    Claim(
        id="spot-wait",
        what="Built-in algorithms without checkpoints wait 3,600 s for spot instances at most; ours get none"
        " unless asked.",
        rests="Training and tuning with them.",
        evidence=f"[managed spot training]({_DG}/model-managed-spot-training.html)",
        by_hand="train linear-learner with `use_spot_instances` and a longer wait: a 400 says why",
    ),
    Claim(
        id="endpoint-case",
        what="SageMaker keeps the case of an endpoint's name, in capture paths too.",
        rests="Monitors find what an endpoint has captured.",
        evidence=f"[DescribeEndpoint]({_API}/API_DescribeEndpoint.html)",
        by_hand="monitor an endpoint of your own with capitals in its name",
    ),
    Claim(
        id="watched-endpoints",
        what="An endpoint with schedules, or a schedule in `Pending`, may refuse to be deleted; monitors go"
        " first, and are"
        " tried again.",
        rests="Deletions of monitored models.",
        evidence=f"[DeleteMonitoringSchedule]({_API}/API_DeleteMonitoringSchedule.html);"
        " [a public log](https://github.com/aws/amazon-sagemaker-examples/issues/2342) has the refusal in `Pending`",
        by_hand="`mlops delete` a real-time pipeline whose monitors are there",
    ),
    Claim(
        id="shadow-weight",
        what="A shadow gets the share of the calls that its weight is of the production variant's.",
        rests="`sampling_percent` of `shadow_variant`, which becomes a weight.",
        evidence=f"[shadow variants]({_DG}/model-shadow-deployment.html) do not say",
        by_hand="deploy a shadow with `sampling_percent` 25, call it 400 times, and count its captures",
    ),
    Claim(
        id="part-of-an-instance",
        what="A canary of a percentage that is no whole instance is taken, and gets some of the calls.",
        rests="`deployment` with `step_percent`, of few instances.",
        evidence=f"[sizes]({_API}/API_CapacitySize.html) do not say",
        by_hand="update an endpoint of one instance as a canary of 10 percent, and count the calls of the new model",
    ),
    Claim(
        id="rollback-under-alarm",
        what="CloudFormation takes an endpoint back to the configuration that it serves, even with the alarm still on.",
        rests="After an alarm the stack is as it was; if not, its roll-back has to be continued by hand.",
        evidence=f"[guardrails]({_DG}/deployment-guardrails-configuration.html) do not say",
        by_hand="during an update in steps set an alarm of yours, named in `alarms`, and leave it on",
    ),
)
