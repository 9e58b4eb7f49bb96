# SPDX-License-Identifier: Apache-2.0
"""moto's SageMaker with endpoints that serve: CreateEndpoint loads the model, UpdateEndpoint changes it.

On AWS, an endpoint becomes InService minutes after CreateEndpoint has answered. Here, it is InService, or Failed with
a reason, when the call returns.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker import urls as moto_urls
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpoint, FakeEndpointConfig, Model
from moto.sagemaker.responses import SageMakerResponse

from scripts.local_aws import identity
from scripts.local_aws.sagemaker import model_hosting
from scripts.local_aws.sagemaker.data_capture import CaptureSettings, CaptureTarget
from scripts.local_aws.sagemaker.jobs.automl_jobs import AutoMLJobs, AutoMLJobsResponse
from scripts.local_aws.sagemaker.jobs.processing.processing_jobs import ProcessingJobs, ProcessingJobsResponse
from scripts.local_aws.sagemaker.jobs.training_jobs import TrainingJobsResponse
from scripts.local_aws.sagemaker.jobs.transform_jobs import TransformJobs, TransformJobsResponse
from scripts.local_aws.sagemaker.jobs.tuning_jobs import TuningJobs, TuningJobsResponse
from scripts.local_aws.sagemaker.model_card_exports import ModelCardExports, ModelCardExportsResponse
from scripts.local_aws.sagemaker.model_card_store import ModelCards, ModelCardsResponse
from scripts.local_aws.sagemaker.model_hosting import Served
from scripts.local_aws.sagemaker.model_packages import ModelPackages, ModelPackagesResponse, in_lower_case
from scripts.local_aws.sagemaker.monitors.monitor_definitions import MonitorDefinitionsResponse
from scripts.local_aws.sagemaker.monitors.monitor_schedules import MonitoringSchedules, MonitoringSchedulesResponse
from scripts.local_aws.sagemaker.sagemaker_names import NamedResources
from scripts.local_aws.serving.artifacts import ServingError
from scripts.local_aws.serving.containers import check_artifact, container_of

Tags = list[dict[str, str]]

# Attributes in which moto keeps taggable resources, by the kind of resource in ARNs.
_TAGGED = {
    "model": "_models",
    "endpoint": "endpoints",
    "endpoint-config": "endpoint_configs",
    "model-package-group": "model_package_groups",
    "training-job": "training_jobs",
    "transform-job": "transform_jobs",
    "hyper-parameter-tuning-job": "hyper_parameter_tuning_jobs",
    "automl-job": "auto_ml_jobs",
    "processing-job": "processing_jobs",
}


class LocalEndpointConfig(FakeEndpointConfig):
    """Endpoint configuration. Its instance types are those of the SDK, not moto's older list."""

    def is_created(self) -> bool:
        """Return true: a configuration is available at once."""
        return True

    def validate_instance_type(self, instance_type: str) -> None:
        """Raise SageMaker's ValidationError for an instance type that does not exist."""
        known = _instance_types()
        if instance_type not in known:
            raise ValidationError(
                "1 validation error detected: Value at 'productionVariants.1.member.instanceType' failed to satisfy "
                f"constraint: Member must satisfy enum value set: [{', '.join(known)}] ('{instance_type}' was given)"
            )


@functools.cache
def _instance_types() -> tuple[str, ...]:
    return tuple(identity.service_model("sagemaker").shape_for("ProductionVariantInstanceType").enum)


class LocalEndpoint(FakeEndpoint):
    """Endpoint with the model that it serves (`served` is None before the first, and after a failure)."""

    def __init__(self, backend: LocalSageMaker, name: str, config: LocalEndpointConfig, tags: Tags) -> None:
        super().__init__(
            account_id=backend.account_id,
            region_name=backend.region_name,
            endpoint_name=name,
            endpoint_config_name=config.endpoint_config_name,
            production_variants=config.production_variants,
            data_capture_config=config.data_capture_config,
            tags=tags,
        )
        self.arn = in_lower_case(self.arn)
        self.endpoint_status = "Creating"
        self.failure_reason: str | None = None  # type: ignore[assignment]  # moto knows no failure
        self.served: Served | None = None
        self.capture: CaptureSettings | None = None
        self.capture_target: CaptureTarget | None = None

    def is_created(self) -> bool:
        """Whether the endpoint answers."""
        return self.served is not None

    @property
    def variant(self) -> str:
        """Name of the one production variant."""
        return str(self.production_variants[0]["VariantName"])

    def go_live(self, config: LocalEndpointConfig, model: Model, served: Served, region: str) -> None:
        """Serve this model from now on."""
        previous, self.served = self.served, served
        self.endpoint_config_name = config.endpoint_config_name
        self.production_variants = self._process_production_variants(config.production_variants)
        self.data_capture_config = config.data_capture_config
        self.capture = CaptureSettings.read(config.data_capture_config)
        if self.capture:
            self.capture_target = CaptureTarget(
                destination=self.capture.destination,
                endpoint=self.endpoint_name,
                variant=self.variant,
                role_arn=model.execution_role_arn,
                region=region,
                kms_key_id=self.capture.kms_key_id,
            )
        self._set_status("InService", None)
        if previous:
            previous.stop()

    def fail(self, reason: str) -> None:
        """Store the reason of a failed creation or update; an endpoint that served before goes on."""
        self._set_status("InService" if self.served else "Failed", reason)

    def _set_status(self, status: str, reason: str | None) -> None:
        self.endpoint_status, self.failure_reason, self.last_modified_time = status, reason, utcnow()

    def stop(self) -> None:
        """Stop the process that serves the model."""
        if self.served:
            self.served.stop()

    @property
    def response_object(self) -> dict[str, Any]:
        """Answer of DescribeEndpoint."""
        answer = {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.endpoint_config_name,
            "ProductionVariants": self._variants(),
            "EndpointStatus": self.endpoint_status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "DataCaptureConfig": self._capture_summary(),
        }
        return {name: value for name, value in answer.items() if value is not None}

    def _variants(self) -> list[dict[str, Any]] | None:
        if not self.served:
            return None
        image = self.served.container.image
        deployed = {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": self.last_modified_time}
        return [variant | {"DeployedImages": [deployed]} for variant in self.production_variants]

    def _capture_summary(self) -> dict[str, Any] | None:
        if not self.capture:
            return None
        return {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": self.capture.percentage,
            "DestinationS3Uri": self.capture.destination,
            "KmsKeyId": self.capture.kms_key_id,
        }


class LocalSageMaker(
    ModelPackages, TuningJobs, AutoMLJobs, TransformJobs, ProcessingJobs, MonitoringSchedules, ModelCards,
    ModelCardExports, NamedResources,
):  # fmt: skip
    """SageMaker of one account and Region."""

    @property
    def _url_module(self) -> Any:
        """Routes of moto's SageMaker, answered by our response class. moto looks for them beside a backend's module."""
        paths = dict.fromkeys(moto_urls.url_paths, LocalSageMakerResponse.dispatch)
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    def reset(self) -> None:
        """Clear all state, and end all processes and jobs."""
        for endpoint in self.endpoints.values():
            cast(LocalEndpoint, endpoint).stop()
        super().reset()

    def create_model(self, model_name: str, *rest: Any, **named: Any) -> Model:
        """Refuse a name in use, and model data that the execution role cannot find."""
        self._check_free("model", model_name, self._models, "model")
        model = super().create_model(model_name, *rest, **named)
        try:
            container = container_of(model, self.region_name)
            check_artifact(container, model.execution_role_arn, self.region_name)
        except ValidationError:
            del self._models[model_name]
            raise
        model.arn = in_lower_case(model.arn)
        if not model.vpc_config:
            del model.vpc_config
        return model

    def create_endpoint_config(
        self, endpoint_config_name: str, production_variants: list[dict[str, Any]], *rest: Any, **named: Any
    ) -> LocalEndpointConfig:
        """Refuse a name in use, an unknown model, and more than the one variant that the local AWS serves."""
        kind = "endpoint configuration"
        self._check_free("endpoint-config", endpoint_config_name, self.endpoint_configs, kind)
        for variant in production_variants:
            self._found("model", str(variant["ModelName"]), self._models, "model")
        if len(production_variants) != 1:
            raise ValidationError(
                f"The local AWS serves one production variant per endpoint; {len(production_variants)} were given."
            )
        place = (self.account_id, self.region_name)
        config = LocalEndpointConfig(*place, endpoint_config_name, production_variants, *rest, **named)
        config.endpoint_config_arn = in_lower_case(config.endpoint_config_arn)
        self.endpoint_configs[endpoint_config_name] = config
        return config

    def create_endpoint(self, endpoint_name: str, endpoint_config_name: str, tags: Tags) -> LocalEndpoint:
        """Make an endpoint and load its model; a failure shows in its status, as on AWS."""
        self._check_free("endpoint", endpoint_name, self.endpoints, "endpoint")
        config = self._found("endpoint-config", endpoint_config_name, self.endpoint_configs, "endpoint configuration")
        endpoint = LocalEndpoint(self, endpoint_name, config, tags)
        self.endpoints[endpoint_name] = endpoint
        self._deploy(endpoint, config)
        return endpoint

    def update_endpoint(self, endpoint_name: str, endpoint_config_name: str) -> LocalEndpoint:
        """Serve another configuration. On failure, the old one goes on and DescribeEndpoint has the reason."""
        endpoint: LocalEndpoint = self._found("endpoint", endpoint_name, self.endpoints, "endpoint")
        config = self._found("endpoint-config", endpoint_config_name, self.endpoint_configs, "endpoint configuration")
        self._deploy(endpoint, config)
        return endpoint

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Remove an endpoint and end its process."""
        endpoint = self._found("endpoint", endpoint_name, self.endpoints, "endpoint")
        super().delete_endpoint(endpoint_name)
        endpoint.stop()

    def _deploy(self, endpoint: LocalEndpoint, config: LocalEndpointConfig) -> None:
        variant = config.production_variants[0]
        model = self._found("model", variant["ModelName"], self._models, "model")
        try:
            container = container_of(model, self.region_name)
            role = model.execution_role_arn
            served = model_hosting.serve(container, role, self.region_name, variant["VariantName"])
        except (ServingError, ValidationError) as error:
            endpoint.fail(getattr(error, "message", None) or str(error))
            return
        endpoint.go_live(config, model, served, self.region_name)

    def add_tags(self, arn: str, tags: Tags) -> Any:
        """Replace the values of existing tags; moto would keep both."""
        self.delete_tags(arn, [tag["Key"] for tag in tags])
        return super().add_tags(arn, tags)

    def _get_resource_from_arn(self, arn: str) -> Any:
        """Find a tagged resource. moto searches by the name in the ARN, which is in lower case here."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        known: dict[str, Any] = getattr(self, _TAGGED.get(kind, ""), {})
        names = {one.lower(): one for one in known}
        return super()._get_resource_from_arn(f"{arn.removesuffix(name)}{names.get(name, name)}")


class LocalSageMakerResponse(
    ModelPackagesResponse, TrainingJobsResponse, TuningJobsResponse, AutoMLJobsResponse, TransformJobsResponse,
    ProcessingJobsResponse, MonitorDefinitionsResponse, MonitoringSchedulesResponse, ModelCardsResponse,
    ModelCardExportsResponse, SageMakerResponse,
):  # fmt: skip
    """Operations that moto's SageMaker lacks."""

    @property
    def _backend(self) -> LocalSageMaker:
        return cast(LocalSageMaker, self.sagemaker_backend)

    def update_endpoint(self) -> ActionResult:
        """Serve UpdateEndpoint with another endpoint configuration."""
        names = self._get_param("EndpointName"), self._get_param("EndpointConfigName")
        endpoint = self._backend.update_endpoint(*names)
        return ActionResult({"EndpointArn": endpoint.arn})
