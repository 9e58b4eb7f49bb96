# SPDX-License-Identifier: Apache-2.0
"""Objects inside requests, by what becomes of their unknown keys."""

from pydantic import BaseModel, ConfigDict


class TakesUnknownKeys(BaseModel):
    """An object whose unknown keys are ignored with a warning: the earlier solution ignored them (compatibility 2.11).

    Inside other objects it failed on them, mostly when a job had begun: there they are refused.
    """

    model_config = ConfigDict(defer_build=True)
