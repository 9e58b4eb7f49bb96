# SPDX-License-Identifier: Apache-2.0
"""moto's SageMaker, put together from the parts of it that are ours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker import urls as moto_urls
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import Model

from scripts.local_aws.sagemaker import networks
from scripts.local_aws.sagemaker.components.operations import Components, ComponentsResponse
from scripts.local_aws.sagemaker.jobs.automl_jobs import AutoMLJobs, AutoMLJobsResponse
from scripts.local_aws.sagemaker.jobs.processing.processing_jobs import ProcessingJobs, ProcessingJobsResponse
from scripts.local_aws.sagemaker.jobs.training_jobs import TrainingJobsResponse
from scripts.local_aws.sagemaker.jobs.transform_jobs import TransformJobs, TransformJobsResponse
from scripts.local_aws.sagemaker.jobs.tuning_jobs import TuningJobs, TuningJobsResponse
from scripts.local_aws.sagemaker.model_card_exports import ModelCardExports, ModelCardExportsResponse
from scripts.local_aws.sagemaker.model_card_store import ModelCards, ModelCardsResponse
from scripts.local_aws.sagemaker.model_packages import ModelPackages, ModelPackagesResponse, in_lower_case
from scripts.local_aws.sagemaker.monitors.monitor_definitions import MonitorDefinitionsResponse
from scripts.local_aws.sagemaker.monitors.monitor_schedules import MonitoringSchedules, MonitoringSchedulesResponse
from scripts.local_aws.serving.containers import check_artifact, container_of

Tags = list[dict[str, str]]

# Attributes in which moto keeps taggable resources, by the kind of resource in ARNs.
_TAGGED = {
    "model": "_models",
    "endpoint": "endpoints",
    "endpoint-config": "endpoint_configs",
    "inference-component": "inference_components",
    "model-package-group": "model_package_groups",
    "training-job": "training_jobs",
    "transform-job": "transform_jobs",
    "hyper-parameter-tuning-job": "hyper_parameter_tuning_jobs",
    "automl-job": "auto_ml_jobs",
    "processing-job": "processing_jobs",
}


class LocalSageMaker(
    ModelPackages, TuningJobs, AutoMLJobs, TransformJobs, ProcessingJobs, MonitoringSchedules, ModelCards,
    ModelCardExports, Components,
):  # fmt: skip
    """SageMaker of one account and Region."""

    @property
    def _url_module(self) -> Any:
        """Routes of moto's SageMaker, answered by our response class. moto looks for them beside a backend's module."""
        paths = dict.fromkeys(moto_urls.url_paths, LocalSageMakerResponse.dispatch)
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    def create_model(self, model_name: str, *rest: Any, **named: Any) -> Model:
        """Refuse a name in use, and model data or a network that the execution role cannot find."""
        self._check_free("model", model_name, self._models, "model")
        model = super().create_model(model_name, *rest, **named)
        try:
            container = container_of(model, self.region_name)
            check_artifact(container, model.execution_role_arn, self.region_name)
            network = {"RoleArn": model.execution_role_arn, "VpcConfig": model.vpc_config}
            networks.check(network, self.region_name)
        except ValidationError:
            del self._models[model_name]
            raise
        model.arn = in_lower_case(model.arn)
        if not model.vpc_config:
            del model.vpc_config
        return model

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
    ModelCardExportsResponse, ComponentsResponse,
):  # fmt: skip
    """Operations that moto's SageMaker lacks."""

    def create_model(self) -> ActionResult:
        """Serve CreateModel, of whose parameters moto forgets the isolation."""
        answer = super().create_model()
        model = self.sagemaker_backend._models[self._get_param("ModelName")]
        model.enable_network_isolation = bool(self._get_param("EnableNetworkIsolation"))
        return answer
