# SPDX-License-Identifier: Apache-2.0
"""Real-time inference: model, endpoint with data capture, and a signed API in front of it (compatibility 3.1, 3.2)."""

from __future__ import annotations

from typing import Final

from troposphere import GetAtt, If, NoValue, Output, Sub, Template, iam

from generator import deployment, parameters
from generator.resources import model_resources, network, sagemaker_roles
from generator.serving import (
    asynchronous,
    comparing,
    components,
    endpoints,
    inference_api,
    scaling,
    updates,
    variants,
)
from generator.serving.endpoints import CONFIG, ENDPOINT
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeInference
from orchestrator.pipeline_types.built_in.serving.variants import MAIN
from orchestrator.sagemaker import deployed_outputs

DEPLOYS: Final = (
    deployment.roles,
    deployment.models,
    deployment.endpoints,
    deployment.inference_components,
    deployment.keys_for_volumes,
    deployment.autoscaling,
    deployment.alarms,
    deployment.rollback_alarms,
    deployment.functions,
    deployment.networks,
    deployment.log_groups,
    deployment.rest_apis,
    deployment.custom_resources,
)

_DESCRIPTION = "MLOps Workload Orchestrator: a real-time endpoint behind a signed API."
_ROLE = "SageMakerRole"


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare_filled(built, RealtimeInference.template_parameters())
    built.add_resource(role(built))
    built.add_resource(model_resources.model(built, _ROLE))
    variants.add_to(built, _ROLE)
    built.add_resource(endpoints.endpoint_config(built, _ROLE))
    updates.add_to(built, MAIN)
    built.add_resource(endpoints.endpoint(built))
    comparing.add_to(built)
    scaling.add_to(built)
    inference_api.add_to(built)
    add_outputs(built)
    return built


def role(built: Template) -> iam.Role:
    """Load the model, write the captured data."""
    return sagemaker_roles.role(
        _ROLE,
        *sagemaker_roles.read_own_model(built),
        variants.read_packages(built),
        updates.watch_alarms(built),
        If(
            endpoints.captures(built),
            sagemaker_roles.write_objects("DataCapture", "DataCaptureLocation"),
            NoValue,
        ),
        asynchronous.answer_later(built),
        sagemaker_roles.use_request_key(built),
        network.interfaces(built),
        condition=sagemaker_roles.only_for_this_account(),
    )


def add_outputs(built: Template) -> None:
    """Add outputs for calling the endpoint and inspecting it."""
    captured = f"s3://${{DataCaptureLocation}}/${{{ENDPOINT}.EndpointName}}/"
    values = {
        "SageMakerModelName": ("Model", GetAtt(model_resources.MODEL, "ModelName")),
        "SageMakerEndpointConfigName": ("Endpoint configuration", GetAtt(CONFIG, "EndpointConfigName")),
        deployed_outputs.ENDPOINT: ("Endpoint", GetAtt(ENDPOINT, "EndpointName")),
        "EndpointDataCaptureLocation": ("Captured requests and answers", Sub(captured)),
    }
    built.add_output(inference_api.outputs())
    built.add_output(components.output(ENDPOINT))
    for name, (description, value) in values.items():
        built.add_output(Output(name, Description=description, Value=value))
    built.outputs["EndpointDataCaptureLocation"].Condition = endpoints.captures(built)
