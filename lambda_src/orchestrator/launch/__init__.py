# SPDX-License-Identifier: Apache-2.0
"""Launch options, and the settings that functions read from their environment."""
