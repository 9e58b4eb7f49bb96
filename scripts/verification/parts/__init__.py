# SPDX-License-Identifier: Apache-2.0
"""What a verification does: the steps of the main job, and the experiments."""
