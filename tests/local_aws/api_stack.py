# SPDX-License-Identifier: Apache-2.0
"""The stack of the API tests: one function that answers with its event, behind paths of every kind."""

from __future__ import annotations

from typing import Any

from tests.local_aws.deploying import function

ECHO = """
import base64, time


def handler(event, context):
    action = (event["queryStringParameters"] or {}).get("do")
    if action == "raise":
        raise ValueError("inside")
    if action == "malformed":
        return {"body": "no status"}
    if action == "text":
        return "just a text"
    if action == "number":
        return {"statusCode": 200, "body": 5}
    if action == "slow":
        time.sleep(30)
    if action == "binary":
        return {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(bytes(range(256))).decode()}
    if action == "headers":
        return {
            "statusCode": 201, "body": "", "headers": {"X-One": "1", "Content-Type": "text/csv", "X-Flag": True},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        }
    import json
    return {"statusCode": 200, "body": json.dumps(event)}
"""


def method(resource: Any, http_method: str = "POST", authorization: str = "AWS_IAM", **integration: Any) -> Any:
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
    return {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ResourceId": resource,
            "HttpMethod": http_method,
            "AuthorizationType": authorization,
            "Integration": {
                "Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": uri}, **integration,
            },
        },
    }  # fmt: skip


def path(part: str, parent: Any) -> Any:
    properties = {"RestApiId": {"Ref": "Api"}, "ParentId": parent, "PathPart": part}
    return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}


ROOT = {"Fn::GetAtt": ["Api", "RootResourceId"]}
ADDRESS = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"
RESOURCES = {
    "Function": function(ECHO),
    "Api": {
        "Type": "AWS::ApiGateway::RestApi",
        "Properties": {
            "Name": "echo", "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "BinaryMediaTypes": ["application/octet-stream"],
        },
    },
    "Provision": path("provision", ROOT),
    "Pipelines": path("pipelines", ROOT),
    "Pipeline": path("{id}", {"Ref": "Pipelines"}),
    "Special": path("special", {"Ref": "Pipelines"}),
    "Rest": path("{proxy+}", {"Ref": "Special"}),
    "Open": path("open", ROOT),
    "Slow": path("slow", ROOT),
    "PostProvision": method({"Ref": "Provision"}),
    "PostSlow": method({"Ref": "Slow"}, TimeoutInMillis="500"),
    "GetPipeline": method({"Ref": "Pipeline"}, "GET"),
    "GetSpecial": method({"Ref": "Special"}, "DELETE"),
    "AnyRest": method({"Ref": "Rest"}, "ANY"),
    "GetOpen": method({"Ref": "Open"}, "GET", "NONE"),
    "Deployment": {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": ["PostProvision", "PostSlow", "GetPipeline", "GetSpecial", "AnyRest", "GetOpen"],
        "Properties": {"RestApiId": {"Ref": "Api"}},
    },
    "Stage": {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {
            "RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod",
            "TracingEnabled": True, "Variables": {"colour": "blue"},
            "MethodSettings": [
                {"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "INFO", "ThrottlingRateLimit": 20,
                 "MetricsEnabled": True},
            ],
        },
    },
    "Account": {
        "Type": "AWS::ApiGateway::Account",
        "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
    },
}  # fmt: skip
OUTPUTS = {"Url": {"Value": {"Fn::Sub": ADDRESS}}, "Id": {"Value": {"Ref": "Api"}}}
