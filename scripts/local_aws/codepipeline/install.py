# SPDX-License-Identifier: Apache-2.0
"""CodePipeline: pipelines that really run.

    request -> api -> definitions (moto stores them) -> engine (threads, lock)
    stack   -> resource -^                              -> runner (one execution)
                                                           -> actions, deploy, jobs

`model` holds the state, `views` formats it for answers, `events` emits each change to EventBridge.
S3 source, CloudFormation deploy, Lambda invoke and manual approval run; CodeBuild is recorded. Not supported: variables
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
    """Serve CodePipeline's API. Importing this module has registered its CloudFormation type with moto."""
    urls.url_paths["{0}/$"] = PipelineApi.dispatch
    ENGINE.open()


def shutdown() -> None:
    """Abandon running executions and remove all of them."""
    ENGINE.close()
    clients.forget()


def wait_idle(timeout: float) -> bool:
    """Wait until nothing runs and every event is delivered, at most `timeout` seconds; return whether that was reached.

    An execution that waits for a person (an approval), or behind such a one, does not run.
    """
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        # A delivered event may start a pipeline, and a pipeline emits events: both have to be idle at once.
        if ENGINE.wait_idle(left) and events.wait_idle(left) and ENGINE.wait_idle(0):
            return True
    return False
