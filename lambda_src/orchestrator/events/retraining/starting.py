# SPDX-License-Identifier: Apache-2.0
"""Start of a retraining: the cause is kept, the pipeline provisioned under a fresh job name, and people are told.

Each step can be repeated, so an attempt that was interrupted anywhere is completed by the next.
"""

from __future__ import annotations

from typing import Any, Final

from orchestrator import service
from orchestrator.automation import retrainings
from orchestrator.automation.retrainings import Cause, Violated
from orchestrator.aws.notifications import Message
from orchestrator.errors import RefusedRequestError
from orchestrator.events.retraining import recording
from orchestrator.events.retraining.cases import Case
from orchestrator.launch.settings import Settings

# Merged data is a plain CSV file, whatever the request's own data is. Algorithms call it csv, text/csv or otherwise.
_CSV: Final = "csv"
_OF_PLAIN_FILES: Final = {"content_type": _CSV, "s3_data_type": "S3Prefix", "compression_type": "None"}


def start(case: Case, request: dict[str, Any], settings: Settings) -> Message:
    """Have the pipeline train under the job name that follows from the run; gives what people are told.

    Raises the errors of `orchestrator.errors` after which a retry may succeed. A request that is refused is told.
    """
    cause = _kept_cause(case, settings)
    try:
        answer = service.provision_pipeline({**request, "job_name": case.job, **_data(case, request)}, settings)
    except RefusedRequestError as refused:
        return recording.failed(case, cause.at, "retrain", [str(problem) for problem in refused.listed], settings)
    return recording.started(case, cause.at, answer.get("warnings", []), settings)


def started(case: Case, settings: Settings) -> Message:
    """Return what people are told of a training that an interrupted attempt has started."""
    return recording.started(case, _kept_cause(case, settings).at, [], settings)


def cause_of(case: Case) -> Cause:
    """Return why a job is started."""
    asked, data = case.asked, case.data
    return Cause(
        at=case.now,
        monitor=asked.monitor,
        run=asked.run,
        violations=tuple(Violated(feature=one.feature, check=one.check) for one in asked.findings.violations),
        data=asked.retrain.data,
        rows=data.rows if data else None,
        training_data=data.training if data else "",
        validation_data=data.validation if data else "",
        baseline_data=data.baseline if data else "",
    )


def _kept_cause(case: Case, settings: Settings) -> Cause:
    """Keep why the job is started, before it is; what an earlier attempt has kept stays."""
    bucket, training = settings.launch.pipelines_bucket, case.training.common_name
    found = retrainings.find(bucket, training, case.job)
    if found is None:
        found = cause_of(case)
        retrainings.keep(bucket, training, case.job, found)
    return found


def _data(case: Case, request: dict[str, Any]) -> dict[str, str]:
    if case.data is None:
        return {}
    plain = {key: value for key, value in _OF_PLAIN_FILES.items() if request.get(key) and _CSV not in str(request[key])}
    validation = {"validation_data": case.data.validation} if case.data.validation else {}
    return {**plain, "training_data": case.data.training, **validation}
