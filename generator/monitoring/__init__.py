# SPDX-License-Identifier: Apache-2.0
"""What the monitors' blueprints have in common."""
