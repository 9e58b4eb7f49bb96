# SPDX-License-Identifier: Apache-2.0
"""Provision, follow, approve, list and delete pipelines."""
