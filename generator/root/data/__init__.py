# SPDX-License-Identifier: Apache-2.0
"""Buckets, keys and model stores of the root stack."""
