# SPDX-License-Identifier: Apache-2.0
"""`register`: a job's model becomes a model package when the job has completed.

The request's instructions are stored beside the package, and the job carries their key in its tag `registration`. So
`orchestrator/events/jobs/reports.py` finds them without looking up the pipeline. The key is a digest of the content: a
running job keeps the instructions that it was started with.
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.plan import layout
from orchestrator.plan.plan import PlannedObject
from orchestrator.sagemaker import instance_types
from orchestrator.sagemaker.registration import Instructions
from orchestrator.values.common import EXPECT_KEYWORD, AlsoSpelt

COMPARED_ON: Final = "register.comparison_instance_type"
"""How people know the key."""
_DIGEST_CHARACTERS: Final = 32
_EXPECTED: Final = f"an object with {', '.join(Instructions.model_fields)}; only the first is needed"
_EXAMPLE: Final = {"model_package_group_name": "my-models", "min_metric": {"validation:auc": 0.8}}


class Registering(BlueprintPipeline):
    """A pipeline of a job whose model can be registered."""

    registration: Annotated[
        Instructions | None,
        AlsoSpelt("register"),
        optional_object(_EXPECTED),
        Field(
            description="register the model as a version of a model package group when the job has completed",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]},
        ),
    ] = None

    can_compare: ClassVar[bool] = False
    """Whether its model can be compared with the deployed one: with rows held out, the label first."""

    def inference_image_uri(self, launch: Launch) -> str:
        """Return the image that serves the model; empty when the job defines it, as Autopilot's best candidate does."""
        raise NotImplementedError

    @property
    def compared_on(self) -> str:
        """The instance type that asks both models of a comparison; empty without one."""
        return self.registration.comparison_instance_type if self.registration and self.registration.better_than else ""

    def registration_key(self, launch: Launch) -> str:
        """Return the key of the stored instructions in the pipelines bucket; empty without registration."""
        content = self._instructions(launch)
        if not content:
            return ""
        digest = hashlib.sha256(content).hexdigest()[:_DIGEST_CHARACTERS]
        return f"{layout.folder(self.stack_name)}{layout.REGISTRATIONS}{digest}.json"

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        content = self._instructions(launch)
        others = super().objects(launch)
        if not content:
            return others
        return (*others, PlannedObject(launch.pipelines_bucket, self.registration_key(launch), content))

    def _instructions(self, launch: Launch) -> bytes:
        asked = self.registration
        if asked is None:
            return b""
        image = asked.inference_image_uri or self.inference_image_uri(launch)
        return asked.model_copy(update={"inference_image_uri": image}).as_json()

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.compared_on and (sentence := instance_types.unknown("transform", self.compared_on)):
            yield f"{COMPARED_ON}: {sentence}"

    @rule("registration")
    def _gate_can_hold(self, _: Launch) -> Iterator[Problem]:
        asked = self.registration
        if asked is None:
            return
        for metric, least in asked.min_metric.items():
            if least > asked.max_metric.get(metric, least):
                yield Problem(
                    f"registration.min_metric.{metric}",
                    f"is above max_metric, which is {asked.max_metric[metric]:g}: no model could ever pass",
                )

    @rule("registration")
    def _comparison_is_whole(self, _: Launch) -> Iterator[Problem]:
        asked = self.registration
        if asked is None:
            return
        if not asked.better_than:
            for key in ("comparison_metric", "margin"):
                if getattr(asked, key):
                    yield Problem(f"registration.{key}", "needs better_than: it says how models are compared")
        elif not self.can_compare:
            yield Problem(
                "registration.better_than",
                "is for training and tuning, whose validation_data is held out",
            )
        elif not asked.comparison_metric:
            yield Problem("registration.comparison_metric", "is required with better_than: rmse, mae, accuracy or auc")

    @rule("registration")
    def _models_can_be_asked(self, _: Launch) -> Iterator[Problem]:
        if self.compared_on and (problem := instance_types.impossible("transform", self.compared_on)):
            yield Problem("registration.comparison_instance_type", problem)

    @rule("registration")
    def _group_is_in_this_region(self, launch: Launch) -> Iterator[Problem]:
        group = self.registration.model_package_group_name if self.registration else ""
        if ":" in group and (region := group.split(":")[3]) != launch.region:
            yield Problem(
                "registration.model_package_group_name",
                f"must be a group of this Region, {launch.region}: SageMaker registers nothing in another; this one is "
                f"in {region}",
            )
