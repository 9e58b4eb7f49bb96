# SPDX-License-Identifier: Apache-2.0
"""The demos: the main job, through stages, and training."""
