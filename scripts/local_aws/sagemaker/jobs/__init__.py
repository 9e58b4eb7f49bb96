# SPDX-License-Identifier: Apache-2.0
"""SageMaker's jobs: training, tuning, Autopilot, transform and processing."""
