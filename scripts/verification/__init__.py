# SPDX-License-Identifier: Apache-2.0
"""The check of an AWS account, `mlops verify`: the main job, experiments on what AWS does, and nothing left."""
