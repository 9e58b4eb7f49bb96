# SPDX-License-Identifier: Apache-2.0
"""The bench: figures as ratios in one run."""
