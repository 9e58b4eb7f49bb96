# SPDX-License-Identifier: Apache-2.0
"""Events of smoke tests: their figures are kept, for whoever decides on the next stage.

They come from the functions that ask the models, in this account and in those of the stages. What they say is that of
whoever may put events on the bus: it is shown to people, and decides nothing.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.provisioned import pipeline_stacks
from orchestrator.provisioned.awaited import smoke_tests
from orchestrator.provisioned.awaited.smoke_tests import SmokeTestRecord

_NAME: Final = re.compile(rf"{STACK_PREFIX}-[a-zA-Z0-9-]{{1,113}}")

logger = Logger(service="orchestrator", child=True)


def ended(event: dict[str, Any], settings: Settings, _: str) -> dict[str, Any]:
    """Keep the figures of a smoke test; an event that is not one of ours is ignored.

    Raises `ServiceRefusedError`, after which a retry may succeed.
    """
    detail, account = event["detail"], event["account"]
    pipeline = pipeline_stacks.common_name_by_deployed(str(detail.get("stack", "")))
    place = {"stage": settings.stage_of(account), "account": account}
    try:
        record = SmokeTestRecord.model_validate({**detail, **place})
    except ValidationError:
        record = None
    if record is None or not _NAME.fullmatch(pipeline):
        logger.warning("no smoke test of ours", extra={"account": account})
        return {"kept": 0}
    kept = smoke_tests.keep(settings.launch.pipelines_bucket, pipeline, record)
    logger.info("smoke test ended", extra={"pipeline": pipeline, **place, "failed": record.errors, "kept": kept})
    return {"kept": int(kept)}
