# SPDX-License-Identifier: Apache-2.0
"""Pipeline types: their common base, and the registry that finds a type by its name."""
