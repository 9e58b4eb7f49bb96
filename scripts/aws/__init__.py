# SPDX-License-Identifier: Apache-2.0
"""AWS calls of the command line, and following of stacks and pipelines."""
