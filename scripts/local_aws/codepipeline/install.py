# SPDX-License-Identifier: Apache-2.0
"""CodePipeline: pipelines that really run.

    request -> pipeline_api -> pipeline_definitions (moto keeps them) -> pipeline_engine (threads, lock)
    stack   -> pipeline_resource -^                                     -> pipeline_runner (one execution)
                                                                       -> pipeline_actions, _deploy, _jobs

`pipeline_model` holds the state, `pipeline_views` shows it, `pipeline_events` reports each change to EventBridge.
Run: S3 source, CloudFormation deploy, Lambda invoke, manual approval; recorded: CodeBuild. Not here: variables
(`#{...}`), triggers, conditions, rollback, artifact stores per Region, execution modes other than SUPERSEDED.
"""

from __future__ import annotations

import time

from moto.codepipeline import urls

from scripts.local_aws import clients
from scripts.local_aws.codepipeline.api import PipelineApi
from scripts.local_aws.codepipeline.engine import ENGINE
from scripts.local_aws.codepipeline.resource import PipelineResource
from scripts.local_aws.eventbridge import events

__all__ = ["PipelineResource", "install", "shutdown", "wait_idle"]


def install() -> None:
    """Answer CodePipeline's API; importing this module has made its CloudFormation type known to moto."""
    urls.url_paths["{0}/$"] = PipelineApi.dispatch
    ENGINE.open()


def shutdown() -> None:
    """Abandon what runs and forget every execution."""
    ENGINE.close()
    clients.forget()


def wait_idle(timeout: float) -> bool:
    """Block until nothing runs and every event is delivered, at most `timeout` seconds; says whether that came true.

    An execution that waits for a person (an approval) or behind such a one does not run.
    """
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        # A delivered event may start a pipeline, and a pipeline emits events: both must be quiet at once.
        if ENGINE.wait_idle(left) and events.wait_idle(left) and ENGINE.wait_idle(0):
            return True
    return False
