# SPDX-License-Identifier: Apache-2.0
"""Programs in processes of their own, forked from one that has imported what they need."""
