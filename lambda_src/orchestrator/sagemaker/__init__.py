# SPDX-License-Identifier: Apache-2.0
"""What is known of SageMaker without asking it: images, instances, kinds of jobs."""
