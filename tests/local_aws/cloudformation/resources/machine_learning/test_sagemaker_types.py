# SPDX-License-Identifier: Apache-2.0

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.deploying import deploy, physical_id, wait
from tests.local_aws.serving import ARN, BUCKET, CAPTURE, CUSTOM_IMAGE, IMAGE, ROLE, csv_of, names_of_models


@pytest.fixture(scope="module", autouse=True)
def buckets(client: ClientFactory, trained: TrainedModel) -> None:
    for name in (BUCKET, "captures"):
        client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))


TEMPLATE = {
    "Parameters": {"Artifact": {"Type": "String"}, "Image": {"Type": "String"}},
    "Resources": {
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": "stack-group"},
        },
        "MLOpsSagemakerModel": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {
                    "Image": {"Ref": "Image"},
                    "ModelDataUrl": {"Fn::Sub": f"s3://{BUCKET}/${{Artifact}}"},
                },
                "Tags": [{"Key": "model_name", "Value": "mine"}],
            },
        },
        "MLOpsSagemakerEndpointConfig": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "VariantName": "AllTraffic",
                        "InitialInstanceCount": "1",
                        "InitialVariantWeight": 1,
                        "InstanceType": "ml.m5.large",
                        "ModelName": {"Fn::GetAtt": ["MLOpsSagemakerModel", "ModelName"]},
                    }
                ],
                "DataCaptureConfig": CAPTURE | {"EnableCapture": "true", "InitialSamplingPercentage": "100"},
            },
        },
        "MLOpsSagemakerEndpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointConfigName": {"Fn::GetAtt": ["MLOpsSagemakerEndpointConfig", "EndpointConfigName"]}
            },
        },
    },
    "Outputs": {
        "Model": {"Value": {"Fn::GetAtt": ["MLOpsSagemakerModel", "ModelName"]}},
        "Config": {"Value": {"Fn::GetAtt": ["MLOpsSagemakerEndpointConfig", "EndpointConfigName"]}},
        "Endpoint": {"Value": {"Fn::GetAtt": ["MLOpsSagemakerEndpoint", "EndpointName"]}},
        "EndpointArn": {"Value": {"Ref": "MLOpsSagemakerEndpoint"}},
        "Group": {"Value": {"Fn::GetAtt": ["Group", "ModelPackageGroupArn"]}},
    },
}


def _outputs(cloudformation: Any) -> dict[str, str]:
    (stack,) = cloudformation.describe_stacks(StackName="serving")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def test_stack_deploys_updates_and_removes_an_endpoint(client: ClientFactory, trained: TrainedModel) -> None:
    cloudformation, sm = client("cloudformation"), client("sagemaker")
    parameters = _parameters(Artifact="model.tar.gz", Image=IMAGE)
    cloudformation.create_stack(StackName="serving", TemplateBody=json.dumps(TEMPLATE), Parameters=parameters)
    wait(cloudformation, "create", "serving")
    outputs = _outputs(cloudformation)
    assert outputs["Model"].startswith("MLOpsSagemakerModel-")
    assert len(outputs["Model"]) == len("MLOpsSagemakerModel-") + 12
    assert outputs["EndpointArn"] == f"{ARN}:endpoint/{outputs['Endpoint'].lower()}"
    assert outputs["Group"] == f"{ARN}:model-package-group/stack-group"
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName=outputs["Endpoint"], ContentType="text/csv", Body=csv_of(trained, 1)
    )
    assert float(answer["Body"].read()) == demo_model.predict(trained, trained.holdout_rows)[0]

    parameters = _parameters(Artifact="model.tar.gz", Image=CUSTOM_IMAGE)
    cloudformation.update_stack(StackName="serving", TemplateBody=json.dumps(TEMPLATE), Parameters=parameters)
    wait(cloudformation, "update", "serving")
    updated = _outputs(cloudformation)
    assert updated["Endpoint"] == outputs["Endpoint"]
    assert updated["Config"] != outputs["Config"]
    assert sm.describe_endpoint(EndpointName=updated["Endpoint"])["EndpointConfigName"] == updated["Config"]
    assert names_of_models(sm) - {"Serving"} == {updated["Model"]}

    cloudformation.delete_stack(StackName="serving")
    wait(cloudformation, "delete", "serving")
    assert sm.list_endpoints(NameContains="MLOps")["Endpoints"] == []
    assert names_of_models(sm) <= {"Serving"}


def test_stack_fails_with_sagemakers_reason(client: ClientFactory) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="unusable.tar.gz", Body=b"no archive")
    cloudformation = client("cloudformation")
    parameters = _parameters(Artifact="unusable.tar.gz", Image=IMAGE)
    cloudformation.create_stack(StackName="failing", TemplateBody=json.dumps(TEMPLATE), Parameters=parameters)
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        wait(cloudformation, "create", "failing")
    events = cloudformation.describe_stack_events(StackName="failing")["StackEvents"]
    (reason,) = [
        event["ResourceStatusReason"]
        for event in events
        if (event["LogicalResourceId"], event["ResourceStatus"]) == ("MLOpsSagemakerEndpoint", "CREATE_FAILED")
    ]
    assert "Failed to extract model data archive from URL" in reason
    assert client("sagemaker").list_endpoints(NameContains="MLOps")["Endpoints"] == []


def _policy(action: str) -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def test_policy_of_a_group_is_set_changed_and_removed_in_place(client: ClientFactory) -> None:
    cloudformation, sm = client("cloudformation"), client("sagemaker")

    def deploy_with(policy: dict[str, Any] | None) -> str:
        properties = {"ModelPackageGroupName": "shared", **({"ModelPackageGroupPolicy": policy} if policy else {})}
        group = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}
        deploy(cloudformation, "sharing", {"Group": group})
        return physical_id(cloudformation, "sharing", "Group")

    arn = deploy_with(_policy("sagemaker:DescribeModelPackage"))
    given = sm.get_model_package_group_policy(ModelPackageGroupName="shared")["ResourcePolicy"]
    assert json.loads(given) == _policy("sagemaker:DescribeModelPackage")
    assert deploy_with(_policy("sagemaker:ListModelPackages")) == arn
    given = sm.get_model_package_group_policy(ModelPackageGroupName="shared")["ResourcePolicy"]
    assert json.loads(given) == _policy("sagemaker:ListModelPackages")
    group = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": {"ModelPackageGroupName": "shared"}}
    topic = {"Type": "AWS::SNS::Topic"}
    deploy(cloudformation, "sharing", {"Group": group, "Topic": topic})
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        sm.get_model_package_group_policy(ModelPackageGroupName="shared")
