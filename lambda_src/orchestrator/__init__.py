# SPDX-License-Identifier: Apache-2.0
"""The orchestrator turns a request into a machine-learning pipeline. Request -> plan -> effects."""
