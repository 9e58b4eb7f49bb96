# SPDX-License-Identifier: Apache-2.0
"""CloudFormation: stacks, change sets, and the work on their resources."""
