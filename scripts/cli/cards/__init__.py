# SPDX-License-Identifier: Apache-2.0
"""`mlops cards`: the orchestrator's operations on model cards, as commands with text that people read."""
