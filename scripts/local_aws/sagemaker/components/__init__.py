# SPDX-License-Identifier: Apache-2.0
"""Inference components: copies of models on endpoints whose variants have no model themselves."""
