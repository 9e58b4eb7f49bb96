# SPDX-License-Identifier: Apache-2.0
"""Attribution: which features count for the model's answers, and whether these are the same as in the baseline."""
