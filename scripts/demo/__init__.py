# SPDX-License-Identifier: Apache-2.0
"""Demos: a model in one account, a model through the stages, training, and monitors."""
