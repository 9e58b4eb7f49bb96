# SPDX-License-Identifier: Apache-2.0
"""XGBoost in processes of its own: training and predictions."""
