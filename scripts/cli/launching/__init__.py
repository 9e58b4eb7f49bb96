# SPDX-License-Identifier: Apache-2.0
"""Launch, change and remove the solution."""
