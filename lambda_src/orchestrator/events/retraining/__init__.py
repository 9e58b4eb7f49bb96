# SPDX-License-Identifier: Apache-2.0
"""Retraining: from a monitor's run that found violations to a training that runs, or to the reason why none does."""
