# SPDX-License-Identifier: Apache-2.0
"""The templates that a platform team launches, in parts: storage, encryption, notifications, roles, functions, API."""
