# SPDX-License-Identifier: Apache-2.0
"""Types of the values in requests, with their patterns, limits and words for what is wrong."""
