# SPDX-License-Identifier: Apache-2.0
"""Removal of everything that a verification made, found by name and tag in the account and not by a record."""
