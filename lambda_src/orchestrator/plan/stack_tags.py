# SPDX-License-Identifier: Apache-2.0
"""Tags of a pipeline stack, by which pipelines are found, listed and told apart; and its one output."""

from __future__ import annotations

from typing import Final

PIPELINE_NAME_OUTPUT: Final = "PipelineName"
# The name of the tag that the earlier solution set; its users' cost reports know it.
STACK_TAG: Final = "stack_name"
# What the list of pipelines says of each. The label is the model's name, or an image's tag.
TYPE_TAG: Final = "pipeline_type"
LABEL_TAG: Final = "model_name"
RELEASE_TAG: Final = "mlops:release"
OWNER_TAG: Final = "mlops:subject"
ENGINE_TAG: Final = "mlops:monitor-engine"
"""Of pipelines that monitor."""
AUTOMATION_TAG: Final = "mlops:automation"
"""Of pipelines that the closed loop concerns: the keys that they use, a space between."""
SMOKE_TEST_TAG: Final = "mlops:smoke-test"
"""Of pipelines whose models are asked before a deployment counts."""
