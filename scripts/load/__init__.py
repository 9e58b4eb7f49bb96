# SPDX-License-Identifier: Apache-2.0
"""Load on a deployed model: calls at a steady rate, and what they say about how many instances it needs."""
