# SPDX-License-Identifier: Apache-2.0
"""Parts of what a terminal shows: states in colour, tables for any width, a part that changes in place."""
