# SPDX-License-Identifier: Apache-2.0
"""SageMaker's monitors: definitions, schedules, runs and their findings."""
