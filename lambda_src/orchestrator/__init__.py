# SPDX-License-Identifier: Apache-2.0
"""The orchestrator: turns one request into a machine-learning pipeline. Request -> plan -> effects."""
