# SPDX-License-Identifier: Apache-2.0
"""The CodePipeline action that deploys to one stage, step by step, from the state of its StackSet."""
