# SPDX-License-Identifier: Apache-2.0
"""Templates: their text, intrinsic functions and parameters."""
