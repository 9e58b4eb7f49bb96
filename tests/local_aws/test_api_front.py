# SPDX-License-Identifier: Apache-2.0
"""REST APIs made by templates, called over HTTP with real signatures."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import botocore.auth
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mlops_orchestrator.aws.api_addresses import local_url
from scripts.local_aws.front import MAX_BODY_BYTES
from scripts.local_aws.server import LocalAws
from tests.local_aws.api_stack import ECHO, OUTPUTS, RESOURCES, ROOT, method, path
from tests.local_aws.deploying import deploy, function, remove
from tests.local_aws.waiting import SECONDS

Call = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def api(client: Any) -> dict[str, str]:
    """Outputs of a stack with an API: `Url` as on AWS, and `Id`."""
    return deploy(client("cloudformation"), "api", RESOURCES, Outputs=OUTPUTS)


@pytest.fixture(scope="module")
def keys(client: Any) -> Credentials:
    """Credentials of an IAM user, whose secret the local AWS knows."""
    client("iam").create_user(UserName="ada")
    made = client("iam").create_access_key(UserName="ada")["AccessKey"]
    return Credentials(str(made["AccessKeyId"]), str(made["SecretAccessKey"]))


@pytest.fixture(scope="module")
def call(api: dict[str, str], keys: Credentials, local_aws: LocalAws) -> Call:
    """`call("POST", "/provision", data=...)` -> the response, signed by `keys` unless told otherwise."""
    base = local_url(api["Url"], local_aws.endpoint_url)

    def send(
        verb: str,
        where: str,
        data: bytes = b"",
        headers: Any = None,
        *,
        signer: Credentials | None = keys,
        scope: Any = None,
    ) -> requests.Response:
        request = AWSRequest(verb, base + where, data=data, headers=headers or {})
        if signer is not None:
            SigV4Auth(signer, *(scope or ("execute-api", "us-east-1"))).add_auth(request)
        return requests.request(verb, base + where, data=data, headers=dict(request.headers.items()), timeout=SECONDS)

    return send


def test_a_signed_request_becomes_the_proxy_event(call: Call, api: dict[str, str], keys: Credentials) -> None:
    answer = call("POST", "/provision?a=1&a=2&b=%C3%A9+x", b'{"x": "\xc3\xa9"}', {"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    event = answer.json()
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/provision", "/provision", "POST")
    assert event["queryStringParameters"] == {"a": "2", "b": "é x"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["é x"]}
    assert (event["body"], event["isBase64Encoded"]) == ('{"x": "é"}', False)
    assert (event["pathParameters"], event["stageVariables"]) == (None, {"colour": "blue"})
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert "Authorization" not in event["headers"]
    context = event["requestContext"]
    assert (context["apiId"], context["stage"], context["accountId"]) == (api["Id"], "prod", "123456789012")
    assert (context["path"], context["resourcePath"]) == ("/prod/provision", "/provision")
    assert context["requestId"] == answer.headers["x-amzn-RequestId"]
    assert answer.headers["x-amz-apigw-id"]
    identity = context["identity"]
    assert (identity["accessKey"], identity["sourceIp"]) == (keys.access_key, "127.0.0.1")
    assert identity["userArn"] == "arn:aws:iam::123456789012:user/ada"
    assert identity["userAgent"].startswith("python-requests/")


def test_a_session_is_recognised(call: Call, client: Any) -> None:
    arn = "arn:aws:iam::123456789012:role/caller"
    session = client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    good = Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    caller = call("POST", "/provision", signer=good).json()["requestContext"]["identity"]
    assert caller["userArn"] == "arn:aws:sts::123456789012:assumed-role/caller/me"
    wrong_token = Credentials(session["AccessKeyId"], session["SecretAccessKey"], "other")
    refused = call("POST", "/provision", signer=wrong_token)
    assert refused.status_code == 403
    assert refused.json() == {"message": "The security token included in the request is invalid."}
    assert refused.headers["x-amzn-ErrorType"] == "UnrecognizedClientException"


def test_any_other_credentials_work(call: Call) -> None:
    assert call("POST", "/provision", signer=Credentials("whoever", "whatever")).status_code == 200


def test_an_unsigned_request_is_refused_and_never_reaches_the_function(call: Call) -> None:
    refused = call("POST", "/provision", signer=None)
    assert (refused.status_code, refused.json()) == (403, {"message": "Missing Authentication Token"})
    assert refused.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert refused.headers["x-amzn-RequestId"]


def test_a_wrong_secret_is_refused(call: Call, keys: Credentials) -> None:
    refused = call("POST", "/provision", signer=Credentials(keys.access_key, "wrong"))
    assert refused.status_code == 403
    assert "signature we calculated does not match" in refused.json()["message"]
    assert refused.headers["x-amzn-ErrorType"] == "InvalidSignatureException"


@pytest.mark.parametrize("part", ["body", "path", "query", "header"])
def test_what_is_changed_after_signing_is_refused(
    api: dict[str, str], keys: Credentials, local_aws: LocalAws, part: str
) -> None:
    base = local_url(api["Url"], local_aws.endpoint_url)
    request = AWSRequest("POST", f"{base}/provision?a=1", data=b"body", headers={"X-Amz-Meta": "mine"})
    SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    url, body = f"{base}/provision?a=1", b"body"
    assert requests.post(url, body, headers=headers, timeout=SECONDS).status_code == 200
    if part == "body":
        body = b"other"
    elif part == "header":
        headers["X-Amz-Meta"] = "other"
    else:
        url = {"path": f"{base}/provision/?a=1", "query": f"{base}/provision?a=2"}[part]
    assert requests.post(url, body, headers=headers, timeout=SECONDS).status_code == 403


def test_a_claimed_body_hash_must_be_the_bodys(call: Call) -> None:
    signed = {"X-Amz-Content-SHA256": "0" * 64}
    assert call("POST", "/provision", b"body", signed).status_code == 403
    assert call("POST", "/provision", b"body", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}).status_code == 200


@pytest.mark.parametrize(
    ("scope", "words"),
    [(("s3", "us-east-1"), "correct service"), (("execute-api", "eu-west-1"), "valid region")],
)
def test_a_signature_for_something_else_is_refused(call: Call, scope: Any, words: str) -> None:
    refused = call("POST", "/provision", scope=scope, signer=Credentials("whoever", "whatever"))
    assert refused.status_code == 403
    assert words in refused.json()["message"]


@pytest.mark.parametrize(("minutes", "words"), [(-6, "Signature expired"), (6, "Signature not yet current")])
def test_a_signature_is_good_for_five_minutes(call: Call, minutes: int, words: str) -> None:
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=then):
        refused = call("POST", "/provision")
    assert refused.status_code == 403
    assert words in refused.json()["message"]


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer abc",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e",
        "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y",
    ],
)
def test_a_malformed_authorization_is_refused(call: Call, authorization: str) -> None:
    refused = call("POST", "/provision", headers={"Authorization": authorization}, signer=None)
    assert refused.status_code == 403
    assert refused.headers["x-amzn-ErrorType"] in ("IncompleteSignatureException", "InvalidSignatureException")


@pytest.mark.parametrize(
    ("verb", "where"),
    [("POST", "/unknown"), ("GET", "/provision"), ("GET", "/pipelines"), ("GET", "/pipelines/special")],
)
def test_an_unknown_path_or_method_answers_like_a_missing_token(call: Call, verb: str, where: str) -> None:
    refused = call(verb, where)
    assert (refused.status_code, refused.json()) == (403, {"message": "Missing Authentication Token"})


def test_an_unknown_api_or_stage_answers_so_too(api: dict[str, str], local_aws: LocalAws) -> None:
    for unknown in (api["Url"].replace("/prod", "/dev"), api["Url"].replace(api["Id"], "abc")):
        answer = requests.get(local_url(unknown, local_aws.endpoint_url) + "/open", timeout=SECONDS)
        assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})


def test_path_parameters(call: Call) -> None:
    one = call("GET", "/pipelines/a%20b").json()
    assert (one["resource"], one["pathParameters"]) == ("/pipelines/{id}", {"id": "a b"})
    rest = call("PATCH", "/pipelines/special/x/y").json()
    assert (rest["resource"], rest["pathParameters"]) == ("/pipelines/special/{proxy+}", {"proxy": "x/y"})
    assert rest["path"] == "/pipelines/special/x/y"


def test_a_method_without_authorization_is_open(call: Call) -> None:
    answer = call("GET", "/open", signer=None)
    assert answer.status_code == 200
    assert answer.json()["requestContext"]["identity"]["userArn"] is None


def test_the_answer_is_the_functions(call: Call) -> None:
    answer = call("POST", "/provision?do=headers")
    assert (answer.status_code, answer.content) == (201, b"")
    assert (answer.headers["X-One"], answer.headers["X-Flag"]) == ("1", "true")
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_bytes_need_a_binary_media_type_that_the_caller_accepts(call: Call) -> None:
    """Lesson 127: without one, what the function has in base64 arrives as that text."""
    content = bytes(range(256))
    accepted = call("POST", "/provision?do=binary", headers={"Accept": "application/octet-stream"})
    assert accepted.content == content
    assert call("POST", "/provision?do=binary").content == base64.b64encode(content)


@pytest.mark.parametrize("do", ["raise", "malformed", "text", "number"])
def test_a_failed_function_and_a_malformed_answer_are_a_502(call: Call, do: str) -> None:
    answer = call("POST", f"/provision?do={do}")
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_a_slow_function_is_a_504(call: Call) -> None:
    answer = call("POST", "/slow?do=slow")
    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})


def test_a_body_over_the_limit_is_a_413(call: Call) -> None:
    answer = call("POST", "/provision", b"x" * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


def test_the_host_name_of_aws_is_served_too(api: dict[str, str], local_aws: LocalAws) -> None:
    host = api["Url"].split("/")[2]
    answer = requests.get(f"{local_aws.endpoint_url}/prod/open", headers={"Host": host}, timeout=SECONDS)
    assert answer.json()["requestContext"]["path"] == "/prod/open"


def test_local_url_leaves_other_addresses_alone(local_aws: LocalAws) -> None:
    assert (
        local_url("https://abc.execute-api.cn-north-1.amazonaws.com.cn/prod", "http://l") == "http://l/_apis/abc/prod"
    )
    assert local_url("https://example.org/prod", "http://l") == "https://example.org/prod"


def test_stage_settings_and_account(api: dict[str, str], client: Any) -> None:
    stage = client("apigateway").get_stage(restApiId=api["Id"], stageName="prod")
    assert stage["tracingEnabled"] is True
    settings = stage["methodSettings"]["*/*"]
    assert (settings["loggingLevel"], settings["throttlingRateLimit"]) == ("INFO", 20.0)
    assert settings["metricsEnabled"] is True
    assert client("apigateway").get_account()["cloudwatchRoleArn"].startswith("arn:aws:iam::123456789012:role/api-")
    assert client("apigateway").get_rest_api(restApiId=api["Id"])["endpointConfiguration"]["types"] == ["REGIONAL"]


def test_a_deployment_is_a_snapshot_and_a_new_one_shows_the_change(client: Any, local_aws: LocalAws) -> None:
    cloudformation = client("cloudformation")
    resources = {
        "Function": function(ECHO), "Api": RESOURCES["Api"], "Stage": RESOURCES["Stage"],
        "Root": method(ROOT, "GET", "NONE"),
        "Deployment": RESOURCES["Deployment"] | {"DependsOn": ["Root"]},
    }  # fmt: skip

    def statuses() -> list[int]:
        url = local_url(deploy(cloudformation, "snapshot", resources, Outputs=OUTPUTS)["Url"], local_aws.endpoint_url)
        return [requests.get(f"{url}{where}", timeout=SECONDS).status_code for where in ("", "/late")]

    assert statuses() == [200, 403]
    resources |= {"Late": path("late", ROOT), "GetLate": method({"Ref": "Late"}, "GET", "NONE")}
    assert statuses() == [200, 403]
    resources["Second"] = RESOURCES["Deployment"] | {"DependsOn": ["Root", "GetLate"]}
    stage = RESOURCES["Stage"]["Properties"] | {"DeploymentId": {"Ref": "Second"}, "Variables": {}}
    resources["Stage"] = {"Type": "AWS::ApiGateway::Stage", "Properties": stage}
    assert statuses() == [200, 200]
    remove(cloudformation, "snapshot")
    assert [item["name"] for item in client("apigateway").get_rest_apis()["items"]].count("echo") <= 1
