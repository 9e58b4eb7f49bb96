# SPDX-License-Identifier: Apache-2.0
"""A SageMaker job has ended: register its model, and tell people."""
