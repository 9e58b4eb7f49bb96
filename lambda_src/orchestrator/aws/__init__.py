# SPDX-License-Identifier: Apache-2.0
"""Thin wrappers of the AWS calls that the orchestrator makes: the only boto3 in the bundle.

Each function is one call or one small conversation, takes and gives plain values, and raises the typed errors of
`orchestrator.errors`. What to call when is decided elsewhere.
"""
