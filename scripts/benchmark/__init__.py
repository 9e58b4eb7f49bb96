# SPDX-License-Identifier: Apache-2.0
"""Benchmark: ratios of times measured in one run."""
