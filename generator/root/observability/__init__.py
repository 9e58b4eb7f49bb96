# SPDX-License-Identifier: Apache-2.0
"""Alarms, dashboard and notifications of the root stack."""
