# SPDX-License-Identifier: Apache-2.0
"""The processes of a function begin and end with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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


def test_stopping_leaves_no_process_and_no_thread_behind(tmp_path: Any) -> None:
    # The module's own server must not run at the same time: this test has a process of its own.
    script = tmp_path / "stopping.py"
    script.write_text(STOPPING)
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["ended: True, threads: []"], done.stderr


STOPPING = """
import io, json, os, threading, zipfile
import boto3
from scripts.local_aws.server import LocalAws

CODE = '''
import os, time
def handler(event, context):
    if event.get("hang"):
        time.sleep(60)
    return os.getpid()
'''
aws = LocalAws(enforce_iam=False)
aws.start()
keys = dict(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1", endpoint_url=aws.endpoint_url)
role = boto3.client("iam", **keys).create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
content = io.BytesIO()
with zipfile.ZipFile(content, "w") as archive:
    archive.writestr("index.py", CODE)
awslambda = boto3.client("lambda", **keys)
awslambda.create_function(
    FunctionName="f", Role=role, Runtime="python3.13", Handler="index.handler", Timeout=60,
    Code={"ZipFile": content.getvalue()},
)
pid = json.load(awslambda.invoke(FunctionName="f")["Payload"])
awslambda.invoke(FunctionName="f", Payload=b'{"hang": 1}', InvocationType="Event")
aws.stop()
try:
    os.kill(pid, 0)
    ended = False
except ProcessLookupError:
    ended = True
names = [thread.name for thread in threading.enumerate() if thread.name.startswith(("invocation", "log of"))]
print(f"ended: {ended}, threads: {names}")
"""
