# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import fnmatch

from generator.root import roles
from orchestrator.pipeline_types.built_in import BUILT_IN


def test_the_orchestrator_may_make_the_stacks_of_every_type() -> None:
    resources = [str(arn.data["Fn::Sub"]).rpartition("stack/")[2] for arn in roles.orchestrator_stacks()]
    for type_ in BUILT_IN:
        name = type_.pipeline_stacks.replace("*", "churn")
        assert any(fnmatch.fnmatchcase(f"{name}/an-id", pattern) for pattern in resources)
