# SPDX-License-Identifier: Apache-2.0
"""What every cold start of the function would wait for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from orchestrator.launch.options import ReachOptions, variable
from orchestrator.launch.settings import Settings
from tests.orchestrator.conftest import ApiEvent, Body

BUNDLE: Final = Path(__file__).parents[2] / "lambda_src"
LOOK: Final = """
import sys
from orchestrator import api, service
from orchestrator.pipeline_types.built_in import BUILT_IN
assert list(BUILT_IN)
print("pydantic.plugin._loader" in sys.modules)
"""


def test_no_validator_is_built_before_a_request_needs_it() -> None:
    """A model that defers nothing builds its own at import, and the first one loads pydantic's plug-ins."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(BUNDLE), "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    ran = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, env=variables)
    assert ran.stdout == "False\n"


NO_AWS = """
import json, sys
from types import SimpleNamespace
from orchestrator import api
context = SimpleNamespace(aws_request_id="r", function_name="f", memory_limit_in_mb=1, invoked_function_arn="a")
read = []
sys.addaudithook(lambda event, given: event == "open" and "/templates/" in str(given[0]) and read.append(given[0]))
statuses = [api.handler(event, context)["statusCode"] for event in json.load(sys.stdin)]
cards = {"orchestrator.model_cards." + name for name in ("changes", "content", "exports", "operations", "sections")}
needless = {"boto3", "botocore.client", "jsonschema", "orchestrator.answers", *cards}
print(json.dumps([statuses, sorted(needless & sys.modules.keys()) + read]))
"""


def test_a_refusal_needs_no_aws_at_all(api_event: ApiEvent, builtin: Body, settings: Settings) -> None:
    """Not even boto3 is loaded: no call can be made, and nobody waits for its import. No template is read either.

    Nor does a call wait for model cards, with which it has nothing to do, and for the types of answers.
    """
    events = [
        api_event(body=builtin | {"inference_instance": "big"}),
        api_event(body="{"),
        api_event("/pipelinestatus", {"pipeline_id": 1}),
        api_event("/nowhere", builtin),
    ]
    variables = {
        "ALLOW_DETAILED_ERROR_MESSAGE": "Yes",
        "AUTOMATIC_RETRAINING": "No",
        "MONITOR_ENGINE": "Open",
        "APPLICATION": settings.launch.application,
        "ARTIFACT_PREFIX": settings.artifact_prefix,
        "ASSETS_BUCKET": settings.launch.assets_bucket,
        "CONFIG_BUCKET": settings.config_bucket,
        "AWS_REGION": settings.launch.region,
        "DEPLOY_ROLE_ARN": settings.deploy_role_arn,
        "ECR_REPOSITORY_ARN": settings.launch.ecr_repository_arn,
        "LOG_KMS_KEY_ARN": "arn:aws:kms:eu-west-1:111122223333:key/k",
        "LOG_RETENTION_DAYS": "365",
        "MULTI_ACCOUNT": "No",
        "NOTIFICATIONS_TOPIC_ARN": settings.notifications_topic_arn,
        "PIPELINES_BUCKET": settings.launch.pipelines_bucket,
        "RESERVED_BUCKETS": settings.launch.pipelines_bucket,
        **{variable(name): str(option.default) for name, option in ReachOptions.model_fields.items()},
        "PIPELINE_ROLE_ARN": settings.pipeline_role_arn,
        "PIPELINE_START_ROLE_ARN": settings.pipeline_start_role_arn,
        "PIPELINE_STACK_ROLE_ARN": settings.pipeline_stack_role_arn,
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "ROLE_PATH": "/",
        "URL_SUFFIX": settings.url_suffix,
        "USE_MODEL_REGISTRY": "No",
    }
    done = subprocess.run(
        [sys.executable, "-c", NO_AWS],
        input=json.dumps(events),
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(BUNDLE), **variables},
    )
    statuses, loaded = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [400, 400, 400, 404]
    assert loaded == []
