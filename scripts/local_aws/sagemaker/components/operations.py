# SPDX-License-Identifier: Apache-2.0
"""Operations on inference components.

On AWS, a component becomes InService minutes after CreateInferenceComponent has answered. Here, it is InService, or
Failed with a reason, when the call returns.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateInferenceComponent.html
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from scripts.local_aws.sagemaker.components import calls, instances
from scripts.local_aws.sagemaker.components.component import LACKS_ROOM, LocalComponent
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint, Tags
from scripts.local_aws.sagemaker.endpoints.operations import Endpoints, EndpointsResponse, reason_of
from scripts.local_aws.sagemaker.endpoints.variants import Variant
from scripts.local_aws.serving.artifacts import ServingError

Given = dict[str, Any]
_KIND = "inference-component"


class Components(Endpoints):
    """Part of the backend that has the inference components."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.inference_components: dict[str, LocalComponent] = {}

    def reset(self) -> None:
        """Clear all state, and end all processes of components."""
        for component in self.inference_components.values():
            component.stop()
        super().reset()

    def make_component(self, given: Given) -> LocalComponent:
        """Load the model of a component; a failure shows in its status, as on AWS."""
        name, specification = given["InferenceComponentName"], given.get("Specification", {})
        self._check_free(_KIND, name, self.inference_components, "inference component")
        endpoint = self.find_endpoint(given["EndpointName"])
        variant = self._variant_for_components(endpoint, given.get("VariantName", ""))
        self._check_specification(specification)
        component = LocalComponent(
            name, self._arn(_KIND, name), endpoint.endpoint_name, endpoint.arn, variant.name, specification,
            int(given.get("RuntimeConfig", {}).get("CopyCount", 1)), given.get("Tags", []),
        )  # fmt: skip
        self.inference_components[name] = component
        self._load(component)
        self._follow(component)
        return component

    def change_component(self, given: Given) -> LocalComponent:
        """Serve another specification with as many copies as are given; on failure, the old model goes on."""
        component = self.find_component(given["InferenceComponentName"])
        if "Specification" in given:
            self._check_specification(given["Specification"])
            before = component.served
            component.specification = given["Specification"]
            self._load(component)
            if before is not None and component.served is not before:
                before.stop()
        if "RuntimeConfig" in given:
            self.set_copies(component.name, int(given["RuntimeConfig"]["CopyCount"]))
        component.last_modified_time = utcnow()
        return component

    def set_copies(self, name: str, copies: int) -> None:
        """Have so many copies, and the instances for them; without room for them, none more than now."""
        component = self.find_component(name)
        variant = self._variant_of(component)
        if variant is not None and copies > component.copies and not instances.has_room(variant, component, copies):
            component.failure_reason = LACKS_ROOM
            return
        component.copies, component.failure_reason = copies, ""
        component.last_modified_time = utcnow()
        self._follow(component)

    def remove_component(self, name: str) -> None:
        """Remove a component and end its processes."""
        component = self.find_component(name)
        del self.inference_components[name]
        component.stop()
        self._follow(component)

    def find_component(self, name: str) -> LocalComponent:
        """Return a component. Raise SageMaker's ValidationError if there is none of that name."""
        return cast(LocalComponent, self._found(_KIND, name, self.inference_components, "inference component"))

    def create_endpoint(self, endpoint_name: str, endpoint_config_name: str, tags: Tags) -> LocalEndpoint:
        """Make an endpoint that finds components by their names."""
        endpoint = super().create_endpoint(endpoint_name, endpoint_config_name, tags)
        endpoint.component = partial(calls.answering, endpoint)
        return endpoint

    def change_endpoint(self, given: Given) -> LocalEndpoint:
        """Serve another configuration, on as many instances as the copies need."""
        endpoint = super().change_endpoint(given)
        self._follow_on(endpoint)
        return endpoint

    def _check_specification(self, specification: Given) -> None:
        if "ModelName" not in specification:
            raise ValidationError(
                "The local AWS has inference components of models only: give Specification.ModelName."
            )
        self._found("model", specification["ModelName"], self._models, "model")
        if "ComputeResourceRequirements" not in specification:
            raise ValidationError("ComputeResourceRequirements is required for an inference component with a model.")

    def _variant_for_components(self, endpoint: LocalEndpoint, name: str) -> Variant:
        if endpoint.endpoint_status != "InService" or endpoint.fleet is None:
            raise ValidationError(f'Endpoint "{endpoint.arn}" is {endpoint.endpoint_status}, not InService.')
        variant = endpoint.fleet.variant(name) if name else endpoint.fleet.variants[0]
        if variant is None:
            raise ValidationError(f'Could not find variant "{name}" of endpoint "{endpoint.arn}".')
        if not variant.is_for_components:
            raise ValidationError(
                "Inference Components are not supported in this Endpoint. Please make sure this endpoint can deploy "
                "inference components."
            )
        return variant

    def _load(self, component: LocalComponent) -> None:
        """Serve a component's model, or keep the reason why that cannot be."""
        component.failure_reason = ""
        variant = self._variant_of(component)
        if variant is not None and not instances.has_room(variant, component, max(component.copies, 1)):
            component.failure_reason = LACKS_ROOM
            return
        try:
            component.served = self._served(self._models[component.model], component.variant)
        except (ServingError, ValidationError) as error:
            component.failure_reason = reason_of(error)

    def _endpoint_of(self, component: LocalComponent) -> LocalEndpoint | None:
        return cast("LocalEndpoint | None", self.endpoints.get(component.endpoint))

    def _variant_of(self, component: LocalComponent) -> Variant | None:
        endpoint = self._endpoint_of(component)
        return endpoint.fleet.variant(component.variant) if endpoint is not None and endpoint.fleet else None

    def _follow(self, component: LocalComponent) -> None:
        endpoint = self._endpoint_of(component)
        if endpoint is not None:
            self._follow_on(endpoint)

    def _follow_on(self, endpoint: LocalEndpoint) -> None:
        name = endpoint.endpoint_name
        instances.follow(endpoint, lambda: [one for one in self.inference_components.values() if one.endpoint == name])


class ComponentsResponse(EndpointsResponse):
    """Operations as requests."""

    @property
    def _components(self) -> Components:
        return cast(Components, self.sagemaker_backend)

    def create_inference_component(self) -> ActionResult:
        """Serve CreateInferenceComponent."""
        component = self._components.make_component(self._given("CreateInferenceComponent"))
        return ActionResult({"InferenceComponentArn": component.arn})

    def describe_inference_component(self) -> ActionResult:
        """Serve DescribeInferenceComponent."""
        name = self._given("DescribeInferenceComponent")["InferenceComponentName"]
        return ActionResult(self._components.find_component(name).described())

    def list_inference_components(self) -> ActionResult:
        """Serve ListInferenceComponents, those of an endpoint if one is named."""
        endpoint = self._given("ListInferenceComponents").get("EndpointNameEquals")
        known = self._components.inference_components.values()
        found = [one.summary() for one in known if endpoint in (None, one.endpoint)]
        return ActionResult({"InferenceComponents": found})

    def update_inference_component(self) -> ActionResult:
        """Serve UpdateInferenceComponent."""
        component = self._components.change_component(self._given("UpdateInferenceComponent"))
        return ActionResult({"InferenceComponentArn": component.arn})

    def update_inference_component_runtime_config(self) -> ActionResult:
        """Serve UpdateInferenceComponentRuntimeConfig."""
        given = self._given("UpdateInferenceComponentRuntimeConfig")
        component = self._components.find_component(given["InferenceComponentName"])
        self._components.set_copies(component.name, int(given["DesiredRuntimeConfig"]["CopyCount"]))
        return ActionResult({"InferenceComponentArn": component.arn})

    def delete_inference_component(self) -> ActionResult:
        """Serve DeleteInferenceComponent."""
        self._components.remove_component(self._given("DeleteInferenceComponent")["InferenceComponentName"])
        return ActionResult({})
