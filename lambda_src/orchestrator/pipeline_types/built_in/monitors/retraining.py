# SPDX-License-Identifier: Apache-2.0
"""What a monitor does by itself: `retrain` when a run has found violations, and `baseline` that follows the endpoint.

Instructions to retrain are stored beside the package, and their digest is part of the place of the engine that each run
gets: an event of a run, from any account, tells whether there are some and where. The automation itself is
`orchestrator/events/`.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.automation.instructions import Retrain
from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.monitors.request import MonitorRequest
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.plan import layout
from orchestrator.plan.automation import PlannedAutomation, RetrainedBy
from orchestrator.plan.plan import PlannedObject
from orchestrator.values.common import EXPECT_KEYWORD, Expect
from orchestrator.values.per_stage import at

_EXPECTED: Final = f"an object with {', '.join(Retrain.model_fields)}; only the first is needed"
_EXAMPLE: Final = {"pipeline": "churn/training", "on": ["baseline_drift_check"], "cooldown": "2 days"}
_MERGED: Final = "merged"


class Retraining(MonitorRequest):
    """A monitor that may have its model trained again, and its baseline follow the model."""

    merges_truth: ClassVar[bool] = False
    """Whether its runs merge captures with ground truth."""
    baseline_follows: ClassVar[bool] = True
    """Whether data that a model was trained on can be its baseline."""

    retrain: Annotated[
        Retrain | None,
        optional_object(_EXPECTED),
        Field(
            description="train the model again when a run has found violations; needs the open engine, and "
            "AutomaticRetraining=Yes at launch",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]},
        ),
    ] = None
    baseline: Annotated[
        Literal["", "follow"],
        Expect("follow"),
        Field(
            description="follow: take the data that a model was trained on again as the baseline, when the endpoint "
            "has got that model by deploy_on_approval; the baseline stays when left out"
        ),
    ] = ""

    @property
    def is_merging(self) -> bool:
        """True if what it merges becomes training data."""
        return self.retrain is not None and self.retrain.data == _MERGED

    @property
    @override
    def engine_folder(self) -> str:
        return self.retrain.engine_folder if self.retrain else ""

    @override
    def retrained_by(self) -> RetrainedBy | None:
        return RetrainedBy(self.retrain.pipeline, self.is_merging) if self.retrain else None

    @override
    def automation(self, launch: Launch) -> PlannedAutomation:
        keys = tuple(key for key in ("retrain", "baseline") if getattr(self, key))
        if not self.baseline:
            return PlannedAutomation(keys)
        # What all stages get has been deployed to the last of them.
        endpoint = str(at(self.endpoint_name, self.stages(launch)[-1]))
        follows = (layout.follower_of_endpoint(endpoint, self.stack_name),)
        return PlannedAutomation(keys, (("baseline", self.baseline),), follows)

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        others = super().objects(launch)
        if self.retrain is None:
            return others
        key = self.retrain.key(self.stack_name)
        return (*others, PlannedObject(launch.pipelines_bucket, key, self.retrain.as_json()))

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.retrain is None:
            return
        if not launch.automatic_retraining:
            yield (
                "retrain: nothing will be trained by itself, because this orchestrator was launched with "
                "AutomaticRetraining=No"
            )
        if not self.is_merging:
            given = self.retrain.model_fields_set & {"minimum_rows", "validation_share", "days"}
            yield from (f"retrain.{key} has no meaning without data merged and is ignored" for key in sorted(given))

    @rule("retrain", "monitor_engine")
    def _open_engine_retrains(self, launch: Launch) -> Iterator[Problem]:
        if self.retrain is not None and (self.monitor_engine or launch.monitor_engine) != "open":
            yield Problem(
                "retrain",
                "needs the open engine, whose runs tell the orchestrator what they found: give monitor_engine open, "
                "or leave retrain out",
            )

    @rule("baseline")
    def _baseline_can_follow(self, _: Launch) -> Iterator[Problem]:
        if self.baseline and not self.baseline_follows:
            yield Problem(
                "baseline",
                "cannot follow for this monitor: its baseline holds predictions, and the data that a model was trained "
                "on has none of that model; give baseline_data made with the new model instead",
            )

    @rule("retrain")
    def _there_is_data_to_merge(self, launch: Launch) -> Iterator[Problem]:
        if not self.is_merging:
            return
        if not self.merges_truth:
            yield Problem(
                "retrain.data",
                "must be request: only monitors of model quality and of bias merge captures with ground truth",
            )
        elif launch.multi_account:
            yield Problem(
                "retrain.data",
                "must be request: what is merged lies in the accounts of the stages, and models are trained in the "
                "orchestrator's",
            )
