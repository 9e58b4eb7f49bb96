# SPDX-License-Identifier: Apache-2.0
"""Pipeline types: what all of them share, and the registry that finds one by its name."""
