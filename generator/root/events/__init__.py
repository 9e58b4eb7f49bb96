# SPDX-License-Identifier: Apache-2.0
"""Rules of the root stack: events that reach a function."""
