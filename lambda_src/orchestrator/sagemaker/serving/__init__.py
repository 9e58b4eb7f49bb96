# SPDX-License-Identifier: Apache-2.0
"""Static facts about SageMaker's endpoints."""
