# SPDX-License-Identifier: Apache-2.0
"""Bias: whether groups are treated as evenly as in the baseline."""
