# SPDX-License-Identifier: Apache-2.0
"""Pipelines that are there: find, list, describe and delete them."""
