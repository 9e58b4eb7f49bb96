# SPDX-License-Identifier: Apache-2.0
"""Operations on endpoints and their configurations: CreateEndpoint loads models, UpdateEndpoint changes them.

On AWS, an endpoint becomes InService minutes after CreateEndpoint has answered. Here, it is InService, or Failed with
a reason, when the call returns. Waits that a deployment configuration asks for go by the clock.
"""

from __future__ import annotations

from typing import Any, cast

from botocore.exceptions import ClientError
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException, ValidationError
from moto.sagemaker.responses import SageMakerResponse

from scripts.local_aws import clients, identity, request_constraints
from scripts.local_aws.sagemaker import model_hosting
from scripts.local_aws.sagemaker.data_capture import CaptureSettings, CaptureTarget
from scripts.local_aws.sagemaker.endpoints import asynchronous, policies, serverless, without_model
from scripts.local_aws.sagemaker.endpoints.configs import Given, LocalEndpointConfig
from scripts.local_aws.sagemaker.endpoints.deployment import Deployment
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint, Tags
from scripts.local_aws.sagemaker.endpoints.policies import Policy
from scripts.local_aws.sagemaker.endpoints.variants import SCALED_DIMENSION, Fleet, Variant, retain, scaled_resource
from scripts.local_aws.sagemaker.model_hosting import Served
from scripts.local_aws.sagemaker.sagemaker_names import NamedResources
from scripts.local_aws.serving.artifacts import ServingError
from scripts.local_aws.serving.containers import container_of


class Endpoints(NamedResources):
    """Part of the backend that has the endpoints."""

    def reset(self) -> None:
        """Clear all state, and end all processes of endpoints."""
        for endpoint in self.endpoints.values():
            cast(LocalEndpoint, endpoint).stop()
        super().reset()

    def make_endpoint_config(self, given: Given) -> LocalEndpointConfig:
        """Refuse a name in use, an unknown model, and what SageMaker refuses."""
        name = given["EndpointConfigName"]
        self._check_free("endpoint-config", name, self.endpoint_configs, "endpoint configuration")
        config = LocalEndpointConfig(self.account_id, self.region_name, given)
        for variant in (*config.production_variants, *config.shadow_variants):
            if "ModelName" in variant:
                self._found("model", str(variant["ModelName"]), self._models, "model")
        without_model.check_config(config)
        serverless.check_config(config, self._models)
        self.endpoint_configs[name] = config
        return config

    def create_endpoint(self, endpoint_name: str, endpoint_config_name: str, tags: Tags) -> LocalEndpoint:
        """Make an endpoint and load its models; a failure shows in its status, as on AWS."""
        self._check_free("endpoint", endpoint_name, self.endpoints, "endpoint")
        config = self._config(endpoint_config_name)
        endpoint = LocalEndpoint((self.account_id, self.region_name), endpoint_name, config, tags)
        self.endpoints[endpoint_name] = endpoint
        self._deploy(endpoint, config)
        return endpoint

    def change_endpoint(self, given: dict[str, Any]) -> LocalEndpoint:
        """Serve another configuration. On failure, the old one goes on and DescribeEndpoint has the reason.

        `given` is the request of UpdateEndpoint. The configuration that is served already needs no deployment.
        """
        endpoint, config = self.find_endpoint(given["EndpointName"]), self._config(given["EndpointConfigName"])
        if not endpoint.claim():
            raise _in_progress(endpoint)
        try:
            self._change(endpoint, config, given)
        except BaseException:
            endpoint.release(endpoint.failure_reason)
            raise
        return endpoint

    def _change(self, endpoint: LocalEndpoint, config: LocalEndpointConfig, given: dict[str, Any]) -> None:
        retained = endpoint.last_deployment_config if given.get("RetainDeploymentConfig") else None
        wanted = given.get("DeploymentConfig", retained)
        if endpoint.fleet is None:
            self._deploy(endpoint, config)
            return
        if endpoint.fleet.config is config:
            endpoint.go_live(endpoint.fleet)
            return
        serverless.check_update(endpoint.fleet.config, config)
        without_model.check_update(endpoint.fleet.config, config)
        asynchronous.check_update(endpoint.fleet.config, config, endpoint.endpoint_name)
        self._check_scaled(endpoint, config)
        fleet = self._loaded(endpoint, config)
        if fleet is None:
            return
        if given.get("RetainAllVariantProperties"):
            retain(endpoint.fleet, fleet, given.get("ExcludeRetainedVariantProperties", []))
        try:
            policy = policies.read(wanted, endpoint.fleet, fleet) if wanted else Policy()
            self._check_alarms(policy, config)
        except AWSValidationException:
            fleet.stop()
            raise
        endpoint.last_deployment_config = wanted
        Deployment(endpoint, fleet, policy).begin()

    def update_endpoint_weights_and_capacities(
        self, endpoint_name: str, desired_weights_and_capacities: list[dict[str, Any]]
    ) -> str:
        """Change weights and numbers of instances of production variants; it takes no time here."""
        endpoint = self._idle_endpoint(endpoint_name)
        if endpoint.fleet is None:
            raise AWSValidationException(f'Endpoint "{endpoint.arn}" is {endpoint.endpoint_status}.')
        names, changes = [str(one["VariantName"]) for one in desired_weights_and_capacities], []
        for name, wanted in zip(names, desired_weights_and_capacities, strict=True):
            if names.count(name) > 1:
                raise AWSValidationException(f'The variant name "{name}" was non-unique within the request.')
            variant = endpoint.fleet.variant(name)
            if variant is None:
                raise AWSValidationException(
                    f'The variant name(s) "{name}" is/are not present within endpoint configuration '
                    f'"{endpoint.endpoint_config_name}".'
                )
            changes.append((variant, wanted))
        for variant, wanted in changes:
            variant.weight = float(wanted.get("DesiredWeight", variant.weight))
            variant.count = wanted.get("DesiredInstanceCount", variant.count)
        endpoint.touch()
        return endpoint.arn

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Remove an endpoint and end its processes."""
        endpoint = self._idle_endpoint(endpoint_name)
        super().delete_endpoint(endpoint_name)
        endpoint.stop()

    def find_endpoint(self, name: str) -> LocalEndpoint:
        """Return an endpoint. Raise SageMaker's ValidationError if there is none of that name."""
        return cast(LocalEndpoint, self._found("endpoint", name, self.endpoints, "endpoint"))

    def _idle_endpoint(self, name: str) -> LocalEndpoint:
        """Return an endpoint that may be changed. Raise SageMaker's ValidationException if a change is under way."""
        endpoint = self.find_endpoint(name)
        if endpoint.in_progress:
            raise _in_progress(endpoint)
        return endpoint

    def _config(self, name: str) -> LocalEndpointConfig:
        found = self._found("endpoint-config", name, self.endpoint_configs, "endpoint configuration")
        return cast(LocalEndpointConfig, found)

    def _deploy(self, endpoint: LocalEndpoint, config: LocalEndpointConfig) -> None:
        """Serve a configuration at once."""
        fleet = self._loaded(endpoint, config)
        if fleet is not None:
            endpoint.go_live(fleet)

    def _loaded(self, endpoint: LocalEndpoint, config: LocalEndpointConfig) -> Fleet | None:
        """Load the models of a configuration; if that fails, the endpoint has the reason."""
        try:
            return self._fleet(endpoint.endpoint_name, config)
        except (ServingError, ValidationError) as error:
            endpoint.release(reason_of(error))
            return None

    def _check_scaled(self, endpoint: LocalEndpoint, config: LocalEndpointConfig) -> None:
        """Refuse another instance type of a variant that is scaled: its scalable target has to be deregistered first.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
        """
        targets = applicationautoscaling_backends[self.account_id][self.region_name].targets
        scaled = targets.get(SCALED_DIMENSION, {})
        for declared in config.production_variants:
            name = declared["VariantName"]
            resource = scaled_resource(endpoint.endpoint_name, name)
            before = endpoint.fleet.variant(name) if endpoint.fleet else None
            if before is None or resource not in scaled:
                continue
            if before.declared.get("InstanceType") != declared.get("InstanceType"):
                raise AWSValidationException(
                    f'The instance type of variant "{name}" cannot change while it is registered as a scalable target '
                    f'of Application Auto Scaling ("{resource}"): deregister that first.'
                )

    def _check_alarms(self, policy: Policy, config: LocalEndpointConfig) -> None:
        """Look the alarms up as the role of the first model: it needs cloudwatch:DescribeAlarms on them.

        https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
        """
        if not policy.alarms:
            return
        watching = clients.client("cloudwatch", self._role(config), self.region_name, by="sagemaker.amazonaws.com")
        try:
            found = watching.describe_alarms(
                AlarmNames=list(policy.alarms), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
        except ClientError as error:
            raise AWSValidationException(error.response["Error"]["Message"]) from error
        known = {alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found.get(kind, [])}
        if unknown := [name for name in policy.alarms if name not in known]:
            raise AWSValidationException(f"CloudWatch has no alarm of the name {', '.join(unknown)}.")

    def _role(self, config: LocalEndpointConfig) -> str:
        """Return the role of the first model, or that of a configuration without models."""
        first = config.production_variants[0]
        if "ModelName" not in first:
            return str(config.given["ExecutionRoleArn"])
        return str(self._found("model", first["ModelName"], self._models, "model").execution_role_arn)

    def _fleet(self, endpoint_name: str, config: LocalEndpointConfig) -> Fleet:
        """Load all models of a configuration; none stays loaded if one cannot be. Raise ServingError."""
        fleet = Fleet(config, [], [], CaptureSettings.read(config.data_capture_config))
        try:
            for declared in config.production_variants:
                fleet.variants.append(self._variant(endpoint_name, declared, fleet.capture))
            for declared in config.shadow_variants:
                fleet.shadows.append(self._variant(endpoint_name, declared, fleet.capture))
        except BaseException:
            fleet.stop()
            raise
        return fleet

    def _variant(self, endpoint_name: str, declared: dict[str, Any], capture: CaptureSettings | None) -> Variant:
        if "ModelName" not in declared:
            return Variant.of(declared, without_model.NOTHING, None)
        model = self._found("model", declared["ModelName"], self._models, "model")
        role, name = model.execution_role_arn, str(declared["VariantName"])
        served, target = self._served(model, name), None
        if capture:
            target = CaptureTarget(
                capture.destination, endpoint_name, name, role, self.region_name, capture.kms_key_id
            )  # fmt: skip
        return Variant.of(declared, served, target)

    def _served(self, model: Any, variant: str) -> Served:
        """Load a model behind a variant of this name. Raise ServingError."""
        container = container_of(model, self.region_name)
        return model_hosting.serve(container, model.execution_role_arn, self.region_name, variant)


def reason_of(error: ServingError | ValidationError) -> str:
    """Return why a model could not be loaded, in SageMaker's words."""
    return str(getattr(error, "message", None) or error)


def _in_progress(endpoint: LocalEndpoint) -> AWSValidationException:
    return AWSValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')


class EndpointsResponse(SageMakerResponse):
    """Operations as requests."""

    @property
    def _endpoints(self) -> Endpoints:
        return cast(Endpoints, self.sagemaker_backend)

    def create_endpoint_config(self) -> ActionResult:
        """Serve CreateEndpointConfig with all that it takes; moto keeps a part of it."""
        config = self._endpoints.make_endpoint_config(self._given("CreateEndpointConfig"))
        return ActionResult({"EndpointConfigArn": config.endpoint_config_arn})

    def update_endpoint(self) -> ActionResult:
        """Serve UpdateEndpoint with another endpoint configuration."""
        given = self._given("UpdateEndpoint")
        endpoint = self._endpoints.change_endpoint(given)
        return ActionResult({"EndpointArn": endpoint.arn})

    def update_endpoint_weights_and_capacities(self) -> ActionResult:
        """Serve UpdateEndpointWeightsAndCapacities."""
        given = self._given("UpdateEndpointWeightsAndCapacities")
        arn = self._endpoints.update_endpoint_weights_and_capacities(
            given["EndpointName"], given["DesiredWeightsAndCapacities"]
        )
        return ActionResult({"EndpointArn": arn})

    def _given(self, operation: str) -> dict[str, Any]:
        """Return the request of an operation. Raise SageMaker's ValidationError if its form is wrong."""
        shape = identity.service_model("sagemaker").operation_model(operation).input_shape
        found = {name: self._get_param(name) for name in shape.members}
        given = {name: value for name, value in found.items() if value is not None}
        if problem := request_constraints.violations("sagemaker", operation, given):
            raise AWSValidationException(problem)
        return given
