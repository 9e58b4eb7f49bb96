# SPDX-License-Identifier: Apache-2.0
"""Calls of AWS that the command line makes, and how it follows stacks and pipelines."""
