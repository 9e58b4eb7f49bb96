# SPDX-License-Identifier: Apache-2.0
"""MLOps Workload Orchestrator, installed: all that it puts into an environment."""
