# SPDX-License-Identifier: Apache-2.0
"""API Gateway: routes, signatures, and the path from a request to a function."""
