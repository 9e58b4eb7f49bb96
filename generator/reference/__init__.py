# SPDX-License-Identifier: Apache-2.0
"""Reference pages and the OpenAPI document."""
