# SPDX-License-Identifier: Apache-2.0
"""Builds of what is launched: the bundle, artifacts, kept releases."""
