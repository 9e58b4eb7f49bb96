# SPDX-License-Identifier: Apache-2.0
"""Requests without an orchestrator: starters, checks, migration."""
