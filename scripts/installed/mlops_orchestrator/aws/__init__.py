# SPDX-License-Identifier: Apache-2.0
"""Signed calls and other access to AWS, and following of stacks and pipelines."""
