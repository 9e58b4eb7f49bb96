# SPDX-License-Identifier: Apache-2.0
"""Prefixes of the names that pipelines make, and the writes that their roles are refused in buckets of code."""

from typing import Final

from orchestrator.plan import comparing_roles
from orchestrator.sagemaker import monitor_runs

PIPELINE_PREFIX: Final = "mlops-pipeline-"
"""Every stack that the orchestrator makes starts with it, and so do the generated names of what such a stack makes."""
ROLE_PREFIXES: Final = (PIPELINE_PREFIX, f"StackSet-{PIPELINE_PREFIX}")
"""CloudFormation names roles after their stack, StackSets the stacks of other accounts after their set."""
COMPARING_PREFIX: Final = comparing_roles.PREFIX
"""Roles of the orchestrator in the accounts of stages."""
WRITES: Final = ("Delete*", "Put*", "Replicate*")
"""Actions of S3 that change a bucket or what it holds."""
MONITORS: Final = tuple(f"*-{kind}-????" for kind in monitor_runs.KINDS)
"""Names of monitors' schedules: an endpoint that people name, the kind, four digits."""
