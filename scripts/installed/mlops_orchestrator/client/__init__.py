# SPDX-License-Identifier: Apache-2.0
"""Python client: an orchestrator and its pipelines as objects, for notebooks and scripts."""
