# SPDX-License-Identifier: Apache-2.0
"""Pipeline types of the operator's own."""
