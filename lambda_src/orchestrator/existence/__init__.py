# SPDX-License-Identifier: Apache-2.0
"""Existence before effect: what a request names is looked up side by side before anything is made."""
