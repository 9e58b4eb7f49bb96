# SPDX-License-Identifier: Apache-2.0
"""Approved and rejected versions of models: what follows them is deployed or rolled back, and baselines with it."""
