# SPDX-License-Identifier: Apache-2.0
"""Data quality: statistics, constraints, distances and checks of each column."""
