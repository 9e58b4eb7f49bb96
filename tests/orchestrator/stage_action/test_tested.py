# SPDX-License-Identifier: Apache-2.0
"""What a stage's deployment hands on to the approval of the next stage: the figures of its smoke test."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
import pytest

from orchestrator.pipeline_types.built_in.serving.smoke_test import SmokeTestParameters
from orchestrator.stage_action import tested
from orchestrator.stage_action.outcomes import SMOKE_TEST_VARIABLE
from tests.orchestrator.stage_action.played_aws import (
    ACCOUNT,
    FIVE,
    PARAMETERS,
    TEMPLATE,
    Deliver,
    Pack,
    Pipeline,
    Run,
    StackSets,
    parameter_file,
)

BUCKET: Final = "quayside-pipelines"
COMMON_NAME: Final = "mlops-pipeline-quayside-byompipelinerealtimebuiltin"
CODE_KEY: Final = f"provisioned/{COMMON_NAME}/functions/smoke_test-a.zip"
CODE: Final = f"arn:aws:events:eu-west-1:111111111111:event-bus/default,{BUCKET},{CODE_KEY},b"
EARLIER: Final = datetime.now(UTC) - timedelta(days=2)
LATER: Final = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def with_test(pack: Pack) -> None:
    """The stage has a smoke test."""
    parameters = parameter_file({**PARAMETERS, "SmokeTestCode": CODE})
    pack({"realtime_inference.yaml": TEMPLATE, "dev_template_params.json": parameters})


def keep(at: datetime, account: str = ACCOUNT, **found: Any) -> None:
    """Keep figures of an account as their event does."""
    figures = {"calls": 20, "errors": 0, "p50_ms": 12, "p95_ms": 30, "max_ms": 31, **found}
    record = {"stage": "dev", "account": account, "at": at.isoformat(), **figures}
    key = f"provisioned/{COMMON_NAME}/smoke-figures/dev-{account}.json"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(record))


def handed_on(pipeline: Pipeline) -> str:
    (name,) = pipeline.answer["outputVariables"]
    assert name == SMOKE_TEST_VARIABLE
    return str(pipeline.answer["outputVariables"][name])


def jobs(pipeline: Pipeline) -> int:
    return len(pipeline.parameters("PutJobSuccessResult"))


def test_the_parameter_is_that_of_the_blueprint() -> None:
    assert list(SmokeTestParameters.model_fields) == [tested.PARAMETER]


def test_figures_of_this_deployment_are_told_at_once(run: Run, with_test: None, pipeline: Pipeline) -> None:
    keep(LATER)
    run()
    assert handed_on(pipeline) == (
        f"Smoke test in account {ACCOUNT}, {LATER:%Y-%m-%d %H:%M} UTC: 20 calls, none failed; "
        "p50 12 ms, p95 30 ms, slowest 31 ms."
    )
    assert jobs(pipeline) == 2


def test_late_figures_are_waited_for(
    deliver: Deliver, with_test: None, stack_sets: StackSets, pipeline: Pipeline
) -> None:
    keep(EARLIER, calls=3)
    deliver()
    stack_sets.finish()
    deliver(pipeline.token)
    assert "not here yet" in pipeline.answer["executionDetails"]["summary"]
    keep(LATER)
    deliver(pipeline.token)
    assert "20 calls, none failed" in handed_on(pipeline)


def test_the_wait_has_an_end(run: Run, with_test: None, pipeline: Pipeline) -> None:
    run()
    assert handed_on(pipeline) == f"Smoke test in account {ACCOUNT}: the figures are not here yet."
    assert jobs(pipeline) == 2 + tested.MOST_WAITS


def test_after_it_the_newest_figures_are_told_with_their_time(run: Run, with_test: None, pipeline: Pipeline) -> None:
    """A deployment that changes neither model nor test asks nothing."""
    keep(EARLIER)
    run()
    assert f"{EARLIER:%Y-%m-%d %H:%M} UTC: 20 calls" in handed_on(pipeline)


def test_where_nothing_was_to_do_nothing_is_waited_for(
    deliver: Deliver, with_test: None, stack_sets: StackSets, pipeline: Pipeline
) -> None:
    keep(EARLIER)
    stack_sets.exists(parameters={**PARAMETERS, "SmokeTestCode": CODE})
    stack_sets.has(ACCOUNT)
    deliver()
    assert f"{EARLIER:%Y-%m-%d %H:%M} UTC: 20 calls" in handed_on(pipeline)
    assert jobs(pipeline) == 1


@pytest.mark.parametrize("code", [None, "", "of,another,blueprint", "a,b,c,d"], ids=["none", "empty", "three", "four"])
def test_a_stage_without_a_test_says_so(run: Run, pack: Pack, pipeline: Pipeline, code: str | None) -> None:
    more = {} if code is None else {"SmokeTestCode": code}
    parameters = parameter_file({**PARAMETERS, **more})
    pack({"realtime_inference.yaml": TEMPLATE, "dev_template_params.json": parameters})
    run()
    assert handed_on(pipeline) == "No smoke test in this stage."
    assert jobs(pipeline) == 2


def test_unreadable_figures_do_not_fail_the_stage(run: Run, with_test: None, pipeline: Pipeline) -> None:
    keep(LATER, calls=-1)
    run()
    assert pipeline.has_succeeded
    assert "could not be read" in handed_on(pipeline)


def test_each_account_has_a_sentence(run: Run, with_test: None, stack_sets: StackSets, pipeline: Pipeline) -> None:
    stack_sets.members = set(FIVE)
    for account in FIVE:
        keep(LATER, account)
    run(account_ids=FIVE)
    assert handed_on(pipeline).count("20 calls, none failed") == len(FIVE)


def test_many_accounts_fit_into_the_question(
    run: Run, with_test: None, stack_sets: StackSets, pipeline: Pipeline
) -> None:
    """CodePipeline takes 1,000 characters for a configuration's value."""
    accounts = [f"{number:012}" for number in range(20)]
    stack_sets.members = set(accounts)
    for account in accounts:
        keep(LATER, account)
    run(account_ids=accounts)
    told = handed_on(pipeline)
    assert len(told) < 900
    assert told.endswith("14 accounts more: the console shows them.")
