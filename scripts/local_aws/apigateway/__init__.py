# SPDX-License-Identifier: Apache-2.0
"""API Gateway: routes, signatures, and the way from a request to a function."""
