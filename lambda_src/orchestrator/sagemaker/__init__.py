# SPDX-License-Identifier: Apache-2.0
"""Static facts about SageMaker: images, instance types, kinds of jobs."""
