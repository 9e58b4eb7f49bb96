# SPDX-License-Identifier: Apache-2.0
"""Where captures cannot be written although nobody is told."""

from __future__ import annotations

from typing import Any

from orchestrator.launch.settings import Launch
from tests.orchestrator.requesting import accept

Body = dict[str, Any]


def test_a_stage_s_account_cannot_write_to_the_assets_bucket(builtin: Body, multi_account: Launch) -> None:
    inside = f"{multi_account.assets_bucket}/captured"
    locations = {"dev": "dev-captures/x", "staging": inside, "prod": f"{multi_account.assets_bucket}-of-prod/x"}
    (warning,) = accept(builtin, multi_account, data_capture_location=locations).warnings
    assert warning.startswith("data_capture_location.staging: ")


def test_the_orchestrator_s_own_account_can(builtin: Body, launch: Launch) -> None:
    assert accept(builtin, launch, data_capture_location=f"{launch.assets_bucket}/captured").warnings == ()
