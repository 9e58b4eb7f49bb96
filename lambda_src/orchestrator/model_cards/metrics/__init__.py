# SPDX-License-Identifier: Apache-2.0
"""Metrics for model cards, read from the files that jobs and monitors write."""
