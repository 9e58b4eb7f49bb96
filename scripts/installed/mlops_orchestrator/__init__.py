# SPDX-License-Identifier: Apache-2.0
"""Installed MLOps Workload Orchestrator: the one package that it puts into an environment."""
