# SPDX-License-Identifier: Apache-2.0
"""Containers of models: what they are, their model data, and the programs that serve them in place of the images."""
