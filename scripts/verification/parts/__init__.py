# SPDX-License-Identifier: Apache-2.0
"""Parts of a verification: the steps of the main job, and the experiments."""
