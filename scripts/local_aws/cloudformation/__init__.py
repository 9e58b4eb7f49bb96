# SPDX-License-Identifier: Apache-2.0
"""CloudFormation: stacks, change sets, and operations on their resources."""
