# SPDX-License-Identifier: Apache-2.0
"""The SageMaker resource types: models, endpoints, their configurations and components, model package groups.

Their properties are the API's parameters under the same names. Ref returns the ARN, as documented by CloudFormation.
"""

from __future__ import annotations

import os
import secrets
import string

from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws.cloudformation.resources.api_type import NAME, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, ResourceFailedError, names
from scripts.local_aws.cloudformation.stacks import Made
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint, wait_while_in_progress

NAMES_AFTER_STACKS = "MLOPS_LOCAL_NAMES_AFTER_STACKS"
"""Environment variable: with any value, generated names of SageMaker's resources begin with the stack's name."""
_NAME_LIMIT = 63
_SUFFIX_LENGTH = 12


def _generated_name(context: ResourceContext) -> str:
    """`<logical id>-<12 random characters>`: for these types CloudFormation has left the stack's name out.

    With the variable `NAMES_AFTER_STACKS` it begins with the stack's name, as those of other types do (lesson 104).
    https://github.com/aws/aws-cli/issues/4021
    """
    if os.environ.get(NAMES_AFTER_STACKS):
        return context.generated_name(_NAME_LIMIT)
    suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_SUFFIX_LENGTH))
    return f"{context.logical_id[: _NAME_LIMIT - _SUFFIX_LENGTH - 1]}-{suffix}"


class _SageMakerType(ApiType):
    """Common part of the types for serving models."""

    service = "sagemaker"
    gone = ("ValidationException",)
    is_tagged = True
    tagging, tagged_at = ("add_tags", "delete_tags"), "ResourceArn"

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """Return the name in the template, or a generated one."""
        return str(properties.get(self.name_property) or _generated_name(context))


class SageMakerModel(_SageMakerType):
    """AWS::SageMaker::Model."""

    type_name = "AWS::SageMaker::Model"
    name_property = "ModelName"
    known_properties = names(
        "Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig ModelName PrimaryContainer Tags "
        "VpcConfig"
    )
    creates, deletes = "create_model", "delete_model"
    ref = "ModelArn"
    attributes = {"ModelName": NAME}
    at = {"ModelName": "ModelName"}


class SageMakerEndpointConfig(_SageMakerType):
    """AWS::SageMaker::EndpointConfig."""

    type_name = "AWS::SageMaker::EndpointConfig"
    name_property = "EndpointConfigName"
    known_properties = names(
        "AsyncInferenceConfig DataCaptureConfig EnableNetworkIsolation EndpointConfigName ExecutionRoleArn "
        "ExplainerConfig KmsKeyId MetricsConfig ProductionVariants ShadowProductionVariants Tags VpcConfig"
    )
    creates, deletes = "create_endpoint_config", "delete_endpoint_config"
    ref = "EndpointConfigArn"
    attributes = {"EndpointConfigName": NAME}
    at = {"EndpointConfigName": "EndpointConfigName"}


class SageMakerEndpoint(_SageMakerType):
    """AWS::SageMaker::Endpoint: it follows its configuration in place, and fails with SageMaker's reason."""

    type_name = "AWS::SageMaker::Endpoint"
    name_property = "EndpointName"
    known_properties = names(
        "DeploymentConfig EndpointConfigName EndpointName ExcludeRetainedVariantProperties RetainAllVariantProperties "
        "RetainDeploymentConfig Tags"
    )
    creates, updates, deletes = "create_endpoint", "update_endpoint", "delete_endpoint"
    ref = "EndpointArn"
    attributes = {"EndpointName": NAME}
    at = {"EndpointName": "EndpointName"}

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Wait until it serves what it should, or does not."""
        self._wait(context, made)
        endpoint = self.send(context, "describe_endpoint", {}, self.place(made, new))
        wanted = new["EndpointConfigName"]
        if endpoint["EndpointStatus"] != "InService" or endpoint["EndpointConfigName"] != wanted:
            raise ResourceFailedError(endpoint.get("FailureReason", f"the endpoint is {endpoint['EndpointStatus']}"))

    def _wait(self, context: ResourceContext, made: Made) -> None:
        """Wait for the end of a deployment, or that of the stack's operation."""
        known = sagemaker_backends[context.account][context.region].endpoints
        endpoint = known.get(made.attributes["EndpointName"])
        if isinstance(endpoint, LocalEndpoint):
            wait_while_in_progress(endpoint, context.stack.cancelled.is_set)


class SageMakerInferenceComponent(_SageMakerType):
    """AWS::SageMaker::InferenceComponent: it stays where it is, and fails with SageMaker's reason."""

    type_name = "AWS::SageMaker::InferenceComponent"
    name_property = "InferenceComponentName"
    known_properties = names(
        "DeploymentConfig EndpointArn EndpointName InferenceComponentName RuntimeConfig Specification Specifications "
        "Tags VariantName"
    )
    creates, updates, deletes = "create_inference_component", "update_inference_component", "delete_inference_component"
    ref = "InferenceComponentArn"
    attributes = {"InferenceComponentArn": "InferenceComponentArn", "InferenceComponentName": NAME}
    at = {"InferenceComponentName": "InferenceComponentName"}
    fixed = ("EndpointName", "InferenceComponentName", "VariantName")

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Change it, but not where it is: the type's schema replaces nothing, and UpdateInferenceComponent cannot."""
        for name in self.fixed:
            if old.get(name) != new.get(name):
                raise ResourceFailedError(f"{name} of an inference component cannot be changed.")
        return super().update(context, made, old, new)

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Fail if it does not serve."""
        component = self.send(context, "describe_inference_component", {}, self.place(made, new))
        if component["InferenceComponentStatus"] == "Failed":
            raise ResourceFailedError(component["FailureReason"])


class SageMakerModelPackageGroup(_SageMakerType):
    """AWS::SageMaker::ModelPackageGroup; its ARN and status can be read by Fn::GetAtt."""

    type_name = "AWS::SageMaker::ModelPackageGroup"
    name_property = "ModelPackageGroupName"
    known_properties = names("ModelPackageGroupDescription ModelPackageGroupName ModelPackageGroupPolicy Tags")
    creates, deletes = "create_model_package_group", "delete_model_package_group"
    ref = "ModelPackageGroupArn"
    attributes = {"ModelPackageGroupName": NAME, "ModelPackageGroupArn": "ModelPackageGroupArn"}
    at = {"ModelPackageGroupName": "ModelPackageGroupName"}
    renamed = {"ModelPackageGroupPolicy": "ResourcePolicy"}
    settings = {
        "ModelPackageGroupPolicy": Setting("put_model_package_group_policy", "delete_model_package_group_policy")
    }

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set the policy."""
        made.attributes["ModelPackageGroupStatus"] = "Completed"
        super().settle(context, made, old, new)
