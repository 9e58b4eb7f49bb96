# SPDX-License-Identifier: Apache-2.0
"""Endpoints: their configurations, variants, shares of traffic and invocations."""
