# SPDX-License-Identifier: Apache-2.0
"""Real-time inference: model, endpoint with data capture, and a signed API in front of it (compatibility 3.1, 3.2)."""

from __future__ import annotations

from typing import ClassVar, Final

from awacs import sagemaker as sagemaker_actions
from troposphere import Equals, GetAtt, If, NoValue, Output, Ref, Sub, Tags, Template, awslambda, iam, sagemaker
from troposphere.validators import boolean, integer

from generator import checkov, deployment, parameters, permissions
from generator.conditions import if_provided
from generator.resources import functions, inline_code, model_resources, rest_apis, sagemaker_roles
from generator.resources.rest_apis import RestApi, Route
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeInference
from orchestrator.sagemaker import deployed_outputs

DEPLOYS: Final = (
    deployment.roles,
    deployment.models,
    deployment.endpoints,
    deployment.functions,
    deployment.log_groups,
    deployment.rest_apis,
)

_DESCRIPTION = "MLOps Workload Orchestrator: a real-time endpoint behind a signed API."
_ROLE = "SageMakerRole"
_CONFIG = "MLOpsSagemakerEndpointConfig"
_ENDPOINT = "MLOpsSagemakerEndpoint"
_FUNCTION = "Inference"
_ACCESS_LOG = "InferenceApiAccessLogs"
_LOGGED = "ApiAccessLogsWanted"
_MEMORY_MB = 512
_TIMEOUT_SECONDS = 30


class EndpointDataCapture(sagemaker.DataCaptureConfig):
    """An endpoint's data capture: troposphere 4.11 has only the transform job's type of the same name."""

    props: ClassVar = {
        "CaptureContentTypeHeader": (sagemaker.CaptureContentTypeHeader, False),
        "CaptureOptions": ([sagemaker.CaptureOption], True),
        "DestinationS3Uri": (str, True),
        "EnableCapture": (boolean, False),
        "InitialSamplingPercentage": (integer, True),
        "KmsKeyId": (str, False),
    }


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, RealtimeInference.template_parameters())
    built.add_resource(role(built))
    built.add_resource(model_resources.model(built, _ROLE))
    built.add_resource(endpoint_config(built))
    built.add_resource(endpoint(built))
    built.add_resource(functions.log_group(_FUNCTION, functions.operator_key(built)))
    built.add_resource(function_role(built))
    built.add_resource(function(built))
    built.add_condition(_LOGGED, Equals(Ref("ApiAccessLogs"), "Yes"))
    built.add_resource(functions.expiring_log_group(_ACCESS_LOG, functions.operator_key(built), Condition=_LOGGED))
    api().add_to(built)
    add_outputs(built)
    return built


def role(built: Template) -> iam.Role:
    """Load the model, write the captured data."""
    return sagemaker_roles.role(
        _ROLE,
        *sagemaker_roles.read_own_model(built),
        sagemaker_roles.write_objects("DataCapture", "DataCaptureLocation"),
        sagemaker_roles.use_request_key(built),
        condition=sagemaker_roles.only_for_this_account(),
    )


def endpoint_config(built: Template) -> sagemaker.EndpointConfig:
    """Endpoint configuration with one variant on one instance that captures every request and answer."""
    return sagemaker.EndpointConfig(
        _CONFIG,
        DataCaptureConfig=EndpointDataCapture(
            EnableCapture=True,
            InitialSamplingPercentage=100,
            DestinationS3Uri=Sub("s3://${DataCaptureLocation}"),
            CaptureOptions=[
                sagemaker.CaptureOption(CaptureMode="Output"),
                sagemaker.CaptureOption(CaptureMode="Input"),
            ],
            # Bodies of other types are stored in base64 (lesson 107).
            CaptureContentTypeHeader=sagemaker.CaptureContentTypeHeader(
                CsvContentTypes=["text/csv"], JsonContentTypes=["application/json", "application/jsonlines"]
            ),
            KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn")),
        ),
        # Some instance types refuse a key for their volumes (lesson 72).
        KmsKeyId=if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn")),
        ProductionVariants=[
            sagemaker.ProductionVariant(
                VariantName="AllTraffic",
                ModelName=GetAtt(model_resources.MODEL, "ModelName"),
                InstanceType=Ref("InferenceInstance"),
                InitialInstanceCount=1,
                InitialVariantWeight=1,
            )
        ],
        Tags=Tags({"endpoint-config-name": Sub("${ModelName}-endpoint-config")}),
    )


def endpoint(built: Template) -> sagemaker.Endpoint:
    """The endpoint, with the name of the request when it has one."""
    return sagemaker.Endpoint(
        _ENDPOINT,
        EndpointName=if_provided(built, "EndpointName", Ref("EndpointName")),
        EndpointConfigName=GetAtt(_CONFIG, "EndpointConfigName"),
        Tags=Tags({"endpoint-name": Sub("${ModelName}-endpoint")}),
    )


def function_role(built: Template) -> iam.Role:
    """Invoke this endpoint and no other."""
    invoke = permissions.allow([sagemaker_actions.InvokeEndpoint], Ref(_ENDPOINT))
    return functions.role(_FUNCTION, [invoke], functions.network_policy(built))


def function(built: Template) -> awslambda.Function:
    """The function behind the API; its code stands in the template, so that any account can deploy it."""
    return functions.function(
        built,
        _FUNCTION,
        Description="Hands requests to the endpoint",
        Handler="index.handler",
        Code=awslambda.Code(ZipFile=inline_code.text("inference")),
        MemorySize=_MEMORY_MB,
        Timeout=_TIMEOUT_SECONDS,
        KmsKeyArn=functions.operator_key(built),
        Environment=awslambda.Environment(Variables={"SAGEMAKER_ENDPOINT_NAME": GetAtt(_ENDPOINT, "EndpointName")}),
    )


def api() -> RestApi:
    """`POST /inference`.

    Its access log needs the logging role that an account has for API Gateway. The template must not set that (lesson
    70), so there is a log only if the operator confirms that the role exists.
    """
    return rest_apis.RestApi(
        name="InferenceApi",
        description=Sub("Predictions of ${ModelName}"),
        function=_FUNCTION,
        routes=[Route("Inference", "inference")],
        stage_properties={"AccessLogSetting": If(_LOGGED, rest_apis.access_log(_ACCESS_LOG), NoValue)},
        unfit_checks=[checkov.OPTIONAL_ACCESS_LOG],
        # A model may answer with bytes, of any type.
        binary_types=["*/*"],
    )


def add_outputs(built: Template) -> None:
    """Add outputs for calling the endpoint and inspecting it."""
    captured = f"s3://${{DataCaptureLocation}}/${{{_ENDPOINT}.EndpointName}}/"
    values = {
        "InferenceApiUrl": ("Address for predictions", Sub("${Api}/inference", Api=api().url())),
        "SageMakerModelName": ("Model", GetAtt(model_resources.MODEL, "ModelName")),
        "SageMakerEndpointConfigName": ("Endpoint configuration", GetAtt(_CONFIG, "EndpointConfigName")),
        deployed_outputs.ENDPOINT: ("Endpoint", GetAtt(_ENDPOINT, "EndpointName")),
        "EndpointDataCaptureLocation": ("Captured requests and answers", Sub(captured)),
    }
    for name, (description, value) in values.items():
        built.add_output(Output(name, Description=description, Value=value))
