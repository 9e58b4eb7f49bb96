# SPDX-License-Identifier: Apache-2.0
"""Rules of the root stack: what happens elsewhere and reaches a function."""
