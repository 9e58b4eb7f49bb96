# SPDX-License-Identifier: Apache-2.0
"""Functions deployed by templates and run in processes of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scripts.local_aws.server import LocalAws
from tests.local_aws.deploying import alive, deploy, function, physical_id

MANY = """
import json, logging, os, sys, time
import boto3

calls = 0
logging.getLogger().setLevel("INFO")


def handler(event, context):
    global calls
    calls += 1
    action = event.get("do")
    if action == "raise":
        raise ValueError("no such thing")
    if action == "exit":
        sys.exit(3)
    if action == "hang":
        time.sleep(60)
    if action == "unserialisable":
        return {1, 2}
    if action == "print":
        print(event["text"])
        print("without an end", end="")
    if action == "log":
        logging.getLogger("mine").info("logged %s", event["text"])
    if action == "caller":
        return boto3.client("sts").get_caller_identity()["Arn"]
    if action == "meet":
        open(os.path.join(event["folder"], context.aws_request_id), "w").close()
        while len(os.listdir(event["folder"])) < event["number"] and context.get_remaining_time_in_millis() > 500:
            time.sleep(0.01)
        return len(os.listdir(event["folder"]))
    if action == "count":
        with open(event["file"], "a") as file:
            file.write("x")
        raise RuntimeError("again and again")
    return {
        "calls": calls, "pid": os.getpid(), "env": dict(os.environ), "path": sys.path[0], "cwd": os.getcwd(),
        "context": {
            "name": context.function_name, "version": context.function_version, "memory": context.memory_limit_in_mb,
            "arn": context.invoked_function_arn, "request": context.aws_request_id, "group": context.log_group_name,
            "left": context.get_remaining_time_in_millis(),
        },
    }
"""

Invoke = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def stack(client: Any) -> str:
    """A function with every setting, a short one, and queues for what fails."""
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Failures": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Successes": {"Type": "AWS::SNS::Topic", "Properties": {}},
        "SuccessQueue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "Protocol": "sqs", "TopicArn": {"Ref": "Successes"},
                "Endpoint": {"Fn::GetAtt": ["SuccessQueue", "Arn"]},
            },
        },
        "Many": function(
            MANY, MemorySize="256", Environment={"Variables": {"COLOUR": "blue"}}, Architectures=["arm64"],
            LoggingConfig={"LogGroup": {"Ref": "Log"}}, TracingConfig={"Mode": "Active"},
            DeadLetterConfig={"TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
        ),
        "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/test/many"}},
        "Short": function(MANY, Timeout=2),
        "NoModule": function("import not_there"),
        "NoHandler": function("x = 1"),
        "NoPython": function("def ("),
        "NoVariable": function("import os; os.environ['GONE']"),
        "Config": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Short"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": "1",
                "DestinationConfig": {
                    "OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}},
                    "OnSuccess": {"Destination": {"Ref": "Successes"}},
                },
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["Many", "Arn"]},
                "Principal": "events.amazonaws.com", "SourceArn": "arn:aws:events:us-east-1:123456789012:rule/mine",
            },
        },
    }  # fmt: skip
    deploy(client("cloudformation"), "functions", resources)
    return "functions"


@pytest.fixture(scope="module")
def invoke(client: Any, stack: str) -> Invoke:
    """`invoke("Many", do="raise")` -> the answer, with `Payload` read."""

    def call(logical_id: str, kind: str = "RequestResponse", **event: Any) -> dict[str, Any]:
        name = physical_id(client("cloudformation"), stack, logical_id)
        answer = client("lambda").invoke(
            FunctionName=name,
            Payload=json.dumps(event),
            InvocationType=kind,
            LogType="Tail" if kind[0] == "R" else "None",
        )
        text = answer["Payload"].read()
        return dict(answer) | {"Payload": json.loads(text) if text else None}

    return call


def receive(client: Any, stack: str, queue: str) -> dict[str, Any]:
    """The next message of a queue; its absence after 20 s is a failure."""
    url = physical_id(client("cloudformation"), stack, queue)
    answer = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return dict(message)


def test_the_environment_is_the_templates_and_lambdas_and_nothing_else(
    invoke: Invoke, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_THE_DEVELOPER", "secret")
    environment = invoke("Many")["Payload"]["env"]
    own = {name for name in environment if not name.startswith(("AWS_", "LC_"))}
    assert own == {"COLOUR", "HOME", "LAMBDA_TASK_ROOT", "LANG", "PATH", "TZ", "_HANDLER"}
    assert environment["AWS_ENDPOINT_URL"] == local_aws.endpoint_url
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"


def test_the_functions_folder_comes_first_and_none_of_ours_is_in_the_way(invoke: Invoke) -> None:
    answer = invoke("Many")["Payload"]
    assert answer["path"] == answer["cwd"] == answer["env"]["LAMBDA_TASK_ROOT"]
    assert "local_aws" not in Path(answer["path"]).parts


def test_the_context_has_the_documented_attributes(client: Any, invoke: Invoke, stack: str) -> None:
    answer = invoke("Many")
    context = answer["Payload"]["context"]
    name = physical_id(client("cloudformation"), stack, "Many")
    assert context["name"] == name
    assert context["arn"].endswith(f":123456789012:function:{name}")
    assert (context["version"], context["memory"], context["group"]) == ("$LATEST", "256", "/test/many")
    assert context["request"] == answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    assert 0 < context["left"] <= 20_000


def test_a_process_stays_warm(invoke: Invoke) -> None:
    first, second = invoke("Many")["Payload"], invoke("Many")["Payload"]
    assert first["pid"] == second["pid"]
    assert second["calls"] > first["calls"]


def test_calls_to_aws_carry_the_functions_role(client: Any, invoke: Invoke, stack: str) -> None:
    role = physical_id(client("cloudformation"), stack, "Role")
    name = physical_id(client("cloudformation"), stack, "Many")
    assert invoke("Many", do="caller")["Payload"] == f"arn:aws:sts::123456789012:assumed-role/{role}/{name}"


def test_an_error_is_reported_with_its_own_frames_only(invoke: Invoke) -> None:
    answer = invoke("Many", do="raise")
    error = answer["Payload"]
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no such thing")
    assert len(error["stackTrace"]) == 1
    assert "index.py" in error["stackTrace"][0]
    assert error["requestId"] == answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("action", "kind", "words"),
    [
        ("unserialisable", "Runtime.MarshalError", "Unable to marshal response"),
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
    ],
)
def test_other_ways_to_fail(invoke: Invoke, action: str, kind: str, words: str) -> None:
    error = invoke("Many", do=action)["Payload"]
    assert error["errorType"] == kind
    assert words in error["errorMessage"]
    assert "pid" in invoke("Many")["Payload"]


def test_the_timeout_ends_the_process_and_the_next_call_has_a_new_one(invoke: Invoke) -> None:
    before = invoke("Short")["Payload"]["pid"]
    error = invoke("Short", do="hang")["Payload"]
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert invoke("Short")["Payload"]["pid"] != before
    assert not alive(before)


def test_calls_at_the_same_time_run_in_several_processes(invoke: Invoke, tmp_path: Any) -> None:
    with ThreadPoolExecutor(3) as threads:
        calls = [threads.submit(invoke, "Many", do="meet", folder=str(tmp_path), number=3) for _ in range(3)]
        assert [call.result()["Payload"] for call in calls] == [3, 3, 3]


def test_prints_and_log_records_reach_the_log_group(client: Any, invoke: Invoke) -> None:
    printed = invoke("Many", do="print", text="hello from inside")
    logged = invoke("Many", do="log", text="a record")
    events = client("logs").filter_log_events(logGroupName="/test/many")["events"]
    messages = [event["message"] for event in events]
    assert {"hello from inside", "without an end"} <= set(messages)
    request_id = logged["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    assert any(m.startswith("[INFO]\t") and f"\t{request_id}\tlogged a record" in m for m in messages)
    assert printed["LogResult"]


def test_a_dry_run_runs_nothing(invoke: Invoke, tmp_path: Any) -> None:
    answer = invoke("Many", "DryRun", do="count", file=str(tmp_path / "count"))
    assert answer["StatusCode"] == 204
    assert not (tmp_path / "count").exists()


def test_an_event_that_fails_is_tried_three_times_and_lands_in_the_dead_letter_queue(
    client: Any, invoke: Invoke, stack: str, tmp_path: Any
) -> None:
    event = {"do": "count", "file": str(tmp_path / "count")}
    assert invoke("Many", "Event", **event)["StatusCode"] == 202
    message = receive(client, stack, "Queue")
    assert json.loads(message["Body"]) == event
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "again and again"
    assert (tmp_path / "count").read_text() == "xxx"


def test_destinations_get_the_invocation_record(client: Any, invoke: Invoke, stack: str, tmp_path: Any) -> None:
    event = {"do": "count", "file": str(tmp_path / "count")}
    invoke("Short", "Event", **event)
    failed = json.loads(receive(client, stack, "Failures")["Body"])
    assert failed["requestPayload"] == event
    assert failed["requestContext"]["condition"] == "RetriesExhausted"
    assert failed["requestContext"]["approximateInvokeCount"] == 2
    assert failed["responsePayload"]["errorMessage"] == "again and again"
    invoke("Short", "Event")
    succeeded = json.loads(json.loads(receive(client, stack, "SuccessQueue")["Body"])["Message"])
    assert succeeded["requestContext"]["condition"] == "Success"
    assert succeeded["responsePayload"]["env"]["AWS_LAMBDA_FUNCTION_NAME"] == physical_id(
        client("cloudformation"), stack, "Short"
    )


def test_the_permission_stands_in_the_functions_policy(client: Any, stack: str) -> None:
    name = physical_id(client("cloudformation"), stack, "Many")
    (statement,) = json.loads(client("lambda").get_policy(FunctionName=name)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"].endswith("rule/mine")


def test_settings_of_the_template_reach_the_function(client: Any, stack: str) -> None:
    name = physical_id(client("cloudformation"), stack, "Many")
    configuration = client("lambda").get_function_configuration(FunctionName=name)
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert configuration["LoggingConfig"]["LogGroup"] == "/test/many"
    assert configuration["DeadLetterConfig"]["TargetArn"].startswith("arn:aws:sqs:")


@pytest.mark.parametrize(
    ("logical_id", "kind", "words"),
    [
        ("NoModule", "Runtime.ImportModuleError", "Unable to import module 'index': No module named 'not_there'"),
        ("NoHandler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("NoPython", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("NoVariable", "KeyError", "GONE"),
    ],
)
def test_a_handler_that_cannot_be_imported_says_why(invoke: Invoke, logical_id: str, kind: str, words: str) -> None:
    answer = invoke(logical_id)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == kind
    assert words in answer["Payload"]["errorMessage"]


def test_an_event_that_is_no_json_is_refused(client: Any, stack: str) -> None:
    name = physical_id(client("cloudformation"), stack, "Many")
    with pytest.raises(client("lambda").exceptions.InvalidRequestContentException):
        client("lambda").invoke(FunctionName=name, Payload=b"{")
