# SPDX-License-Identifier: Apache-2.0
"""Permissions that a call needs: actions, and the ARNs that they are on."""
