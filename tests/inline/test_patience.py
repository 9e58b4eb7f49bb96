# SPDX-License-Identifier: Apache-2.0
"""A custom resource tells CloudFormation what happened before anybody's time is over (lesson 123)."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from tests import committed
from tests.inline.custom_resource import FILE

CALLS = 3
"""In a row at most: what a file says, the start of the job, and a look at the job after an answer was lost."""


def of_type(kind: str) -> list[dict[str, Any]]:
    templates = map(committed.template, committed.PATHS)
    return [one["Properties"] for each in templates for one in each["Resources"].values() if one["Type"] == kind]


def test_calls_without_an_answer_leave_time_to_tell_it(function: ModuleType) -> None:
    config = function._client.meta.config
    attempts = config.retries["total_max_attempts"]
    longest = CALLS * attempts * (config.connect_timeout + config.read_timeout)
    (telling,) = re.findall(r"urlopen\(request, timeout=(\d+)\)", FILE.read_text("utf-8"))
    jobs = of_type("Custom::SageMakerJob")
    names = {job["ServiceToken"]["Fn::GetAtt"].partition(".")[0] for job in jobs}
    timeouts = {
        resource["Properties"]["Timeout"]
        for template in map(committed.template, committed.PATHS)
        for name, resource in template["Resources"].items()
        if name in names and resource["Type"] == "AWS::Lambda::Function"
    }
    (timeout,) = timeouts
    assert longest + int(telling) < timeout
    assert {job["ServiceTimeout"] for job in jobs} == {300}
    assert timeout < 300
