# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that monitor an endpoint."""
