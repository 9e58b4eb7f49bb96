# SPDX-License-Identifier: Apache-2.0
"""Static facts about endpoints: what SageMaker refuses, and its limits."""
