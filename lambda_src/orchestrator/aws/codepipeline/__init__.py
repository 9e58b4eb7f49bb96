# SPDX-License-Identifier: Apache-2.0
"""Calls of CodePipeline: pipelines, their executions, and the jobs of our action."""
