# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that train: model training, tuning and Autopilot."""
