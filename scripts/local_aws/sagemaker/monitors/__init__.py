# SPDX-License-Identifier: Apache-2.0
"""SageMaker's monitors: definitions, schedules, and what their runs find."""
