# SPDX-License-Identifier: Apache-2.0
"""The processes of a function begin and end with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.deploying import alive, deploy, function, remove, zipped


def test_code_from_s3_and_updates_of_code_and_settings_and_deletion(client: Any) -> None:
    cloudformation, awslambda = client("cloudformation"), client("lambda")
    client("s3").create_bucket(Bucket="code")
    code = "import os\ndef run(event, context): return {number}, os.environ.get('COLOUR'), os.getpid()\n"
    for number in (1, 2):
        files = {"package/main.py": code.replace("{number}", str(number)), "package/__init__.py": ""}
        client("s3").put_object(Bucket="code", Key=f"{number}.zip", Body=zipped(files))

    def put(number: int, **properties: Any) -> Any:
        place = {"S3Bucket": "code", "S3Key": f"{number}.zip"}
        resource = function("", Code=place, Handler="package.main.run", FunctionName="from-s3", **properties)
        deploy(cloudformation, "from-s3", {"Function": resource})
        return json.load(awslambda.invoke(FunctionName="from-s3")["Payload"])

    red = {"Environment": {"Variables": {"COLOUR": "red"}}}
    first, second, third = put(1, **red), put(2, **red), put(2)
    assert [first[:2], second[:2], third[:2]] == [[1, "red"], [2, "red"], [2, None]]
    assert len({first[2], second[2], third[2]}) == 3
    remove(cloudformation, "from-s3")
    assert [alive(answer[2]) for answer in (first, second, third)] == [False, False, False]
    with pytest.raises(ClientError, match="Function not found"):
        awslambda.invoke(FunctionName="from-s3")


def test_inline_code_can_be_updated(client: Any) -> None:
    cloudformation = client("cloudformation")
    for number in (1, 2):
        resources = {"Function": function(f"def handler(event, context): return {number}", FunctionName="inline")}
        deploy(cloudformation, "inline", resources)
        assert json.load(client("lambda").invoke(FunctionName="inline")["Payload"]) == number
