# SPDX-License-Identifier: Apache-2.0
"""Model packages beyond moto's: versions made once, groups that can be removed and have a policy, other accounts."""

from __future__ import annotations

import json
import threading
from typing import Any, cast

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ConflictException, ValidationError
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends

from scripts.local_aws import request_constraints
from scripts.local_aws.sagemaker import model_package_events

_POLICY = "resource_policy"
_CARD = "model_card"
_creating = threading.Lock()


def in_lower_case(arn: str) -> str:
    """Return an ARN with the resource's name in lower case, as in SageMaker."""
    stem, separator, name = arn.rpartition("/")
    return stem + separator + name.lower()


class ModelPackages(SageMakerModelBackend):
    """Part of the backend that keeps model packages."""

    def create_model_package_group(self, model_package_group_name: str, *rest: Any, **named: Any) -> str:
        """Refuse a name in use."""
        if model_package_group_name in self.model_package_groups:
            arn = self.model_package_groups[model_package_group_name].arn
            raise ValidationError(f"Model Package Group already exists: {arn}")
        super().create_model_package_group(model_package_group_name, *rest, **named)
        group = self.model_package_groups[model_package_group_name]
        group.arn = in_lower_case(group.arn)
        return str(group.arn)

    def describe_model_package_group(self, model_package_group_name: str) -> Any:
        """Find a group by its name or ARN."""
        names = {one.arn: name for name, one in self.model_package_groups.items()}
        return super().describe_model_package_group(names.get(model_package_group_name, model_package_group_name))

    def delete_model_package_group(self, model_package_group_name: str) -> None:
        """Remove an empty group; one that holds model packages is refused, as on AWS."""
        group = self.describe_model_package_group(model_package_group_name)
        if any(one.model_package_group_name == model_package_group_name for one in self.model_packages.values()):
            raise ConflictException(
                f"Model Package Group {group.arn} still contains model packages; delete them first."
            )
        del self.model_package_groups[model_package_group_name]

    def put_model_package_group_policy(self, model_package_group_name: str, policy: str) -> str:
        """Store the policy of a group and return the group's ARN."""
        group = self.describe_model_package_group(model_package_group_name)
        setattr(group, _POLICY, policy)
        return str(group.arn)

    def get_model_package_group_policy(self, model_package_group_name: str) -> str:
        """Return the policy of a group. Raise ValidationError if it has none."""
        policy = getattr(self.describe_model_package_group(model_package_group_name), _POLICY, None)
        if policy is None:
            raise ValidationError(f"Cannot find resource policy for: {model_package_group_name}")
        return str(policy)

    def delete_model_package_group_policy(self, model_package_group_name: str) -> None:
        """Remove the policy of a group."""
        self.get_model_package_group_policy(model_package_group_name)
        delattr(self.describe_model_package_group(model_package_group_name), _POLICY)

    def create_model_package(self, *rest: Any, **named: Any) -> str:
        """Make a package, or a version in a group. A client token used before returns the package made then.

        Raises ValidationError for a group that does not exist. A group may be given by its name or its ARN.
        """
        group, token = named.get("model_package_group_name"), named.get("client_token")
        with _creating:
            made = [one for one in self.model_packages.values() if token and one.client_token == token]
            if made:
                return made[0].arn
            if group:
                named["model_package_group_name"] = self._group_named(group)
                if named["model_package_group_name"] not in self.model_package_groups:
                    raise ValidationError("Model Package Group does not exist.")
            arn = super().create_model_package(*rest, **named)
            # Nothing was validated or scanned; moto has a status for each, with an ARN where a name belongs.
            package = self.describe_model_package(arn)
            package.model_package_status_details = {"ValidationStatuses": []}
        model_package_events.created(package)
        return arn

    def list_model_packages(self, *rest: Any, **named: Any) -> Any:
        """List packages; a group may be given by its ARN, whose name is in lower case."""
        if named.get("model_package_group_name"):
            named["model_package_group_name"] = self._group_named(named["model_package_group_name"])
        return super().list_model_packages(*rest, **named)

    def _group_named(self, name_or_arn: str) -> str:
        names = {each.arn: name for name, each in self.model_package_groups.items()}
        return names.get(in_lower_case(name_or_arn), name_or_arn)

    def update_model_package(self, model_package_arn: str, *rest: Any, **named: Any) -> str:
        """Change the given members only. Customer metadata are added to the present ones."""
        package = self.describe_model_package(model_package_arn)
        given = {name for name, value in named.items() if value}
        for name in ("model_approval_status", "approval_description"):
            named[name] = named.get(name) or getattr(package, name)
        metadata = named.get("customer_metadata_properties") or {}
        named["customer_metadata_properties"] = {**(package.customer_metadata_properties or {}), **metadata} or None
        arn = super().update_model_package(model_package_arn, *rest, **named)
        model_package_events.updated(package, given)
        return arn

    def delete_model_package(self, model_package_name: str) -> None:
        """Remove a package or version, by its ARN or name; ValidationError where there is none."""
        package = self.describe_model_package(model_package_name)
        with _creating:
            for name in [name for name, one in self.model_packages.items() if one is package]:
                del self.model_packages[name]

    def describe_model_package(self, model_package_name: str) -> Any:
        """Find a model package, by ARN also in other accounts. On AWS, a policy of the group has to allow that."""
        parts = model_package_name.split(":")
        if len(parts) < 6 or parts[4] == self.account_id:
            return super().describe_model_package(model_package_name)
        return sagemaker_backends[parts[4]][parts[3]].describe_model_package(model_package_name)


class ModelPackagesResponse(BaseResponse):
    """Operations and checks that moto lacks."""

    sagemaker_backend: Any

    def create_model_package(self) -> ActionResult:
        """Serve CreateModelPackage."""
        problem = request_constraints.violations("sagemaker", "CreateModelPackage", json.loads(self.body))
        if problem:
            raise ValidationError(problem)
        result = cast(Any, super()).create_model_package()
        if card := self._get_param("ModelCard"):
            setattr(self.sagemaker_backend.describe_model_package(result.result["ModelPackageArn"]), _CARD, card)
        return cast(ActionResult, result)

    def describe_model_package(self) -> ActionResult:
        """Serve DescribeModelPackage, with the card that was made with the version."""
        package = self.sagemaker_backend.describe_model_package(self._get_param("ModelPackageName"))
        card = getattr(package, _CARD, None)
        return ActionResult({**package.gen_response_object(), **({"ModelCard": card} if card else {})})

    def update_model_package(self) -> ActionResult:
        """Serve UpdateModelPackage."""
        problem = request_constraints.violations("sagemaker", "UpdateModelPackage", json.loads(self.body))
        if problem:
            raise ValidationError(problem)
        return cast(ActionResult, cast(Any, super()).update_model_package())

    def list_model_packages(self) -> ActionResult:
        """Serve ListModelPackages."""
        problem = request_constraints.violations("sagemaker", "ListModelPackages", json.loads(self.body))
        if problem:
            raise ValidationError(problem)
        return cast(ActionResult, cast(Any, super()).list_model_packages())

    def describe_model_package_group(self) -> ActionResult:
        """Serve DescribeModelPackageGroup. Who made a group is known in a domain of Studio alone."""
        group = self.sagemaker_backend.describe_model_package_group(self._get_param("ModelPackageGroupName"))
        return ActionResult({**group.gen_response_object(), "CreatedBy": {}})

    def delete_model_package(self) -> ActionResult:
        """DeleteModelPackage."""
        self.sagemaker_backend.delete_model_package(self._get_param("ModelPackageName"))
        return EmptyResult()

    def delete_model_package_group(self) -> ActionResult:
        """Serve DeleteModelPackageGroup."""
        self.sagemaker_backend.delete_model_package_group(self._get_param("ModelPackageGroupName"))
        return EmptyResult()

    def put_model_package_group_policy(self) -> ActionResult:
        """Serve PutModelPackageGroupPolicy."""
        given = self._get_param("ModelPackageGroupName"), self._get_param("ResourcePolicy")
        return ActionResult({"ModelPackageGroupArn": self.sagemaker_backend.put_model_package_group_policy(*given)})

    def get_model_package_group_policy(self) -> ActionResult:
        """Serve GetModelPackageGroupPolicy."""
        name = self._get_param("ModelPackageGroupName")
        return ActionResult({"ResourcePolicy": self.sagemaker_backend.get_model_package_group_policy(name)})

    def delete_model_package_group_policy(self) -> ActionResult:
        """Serve DeleteModelPackageGroupPolicy."""
        self.sagemaker_backend.delete_model_package_group_policy(self._get_param("ModelPackageGroupName"))
        return EmptyResult()
