# SPDX-License-Identifier: Apache-2.0
"""The action of a CodePipeline that deploys to one stage: decide from the StackSet's state, step by step."""
