# SPDX-License-Identifier: Apache-2.0
"""Runs of monitors: list them, look at one with its report, start one now."""
