# SPDX-License-Identifier: Apache-2.0
"""Offline knowledge of SageMaker: images, instances, kinds of jobs."""
