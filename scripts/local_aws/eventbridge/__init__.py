# SPDX-License-Identifier: Apache-2.0
"""EventBridge and its scheduler: buses, patterns, targets."""
