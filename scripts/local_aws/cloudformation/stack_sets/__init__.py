# SPDX-License-Identifier: Apache-2.0
"""StackSets: instances, operations and where they go."""
