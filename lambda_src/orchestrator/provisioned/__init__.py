# SPDX-License-Identifier: Apache-2.0
"""Existing pipelines: find, list, describe and delete them."""
