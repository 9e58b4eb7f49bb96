# SPDX-License-Identifier: Apache-2.0
"""Runs of monitors: list them, and start one."""
