# SPDX-License-Identifier: Apache-2.0
"""SageMaker: models, endpoints, packages and cards."""
