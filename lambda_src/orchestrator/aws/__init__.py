# SPDX-License-Identifier: Apache-2.0
"""Thin wrappers of the AWS calls that the orchestrator makes: the only boto3 in the bundle.

Each function makes one call or a short sequence of calls, takes and returns plain values, and raises the typed errors
of `orchestrator.errors`. The order of calls is decided elsewhere.
"""
