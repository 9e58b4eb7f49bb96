# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that watch an endpoint."""
