# SPDX-License-Identifier: Apache-2.0
"""Everyday commands about one pipeline: look into its work, ask its model, run again what failed."""
