# SPDX-License-Identifier: Apache-2.0
"""Resource types of SageMaker."""
