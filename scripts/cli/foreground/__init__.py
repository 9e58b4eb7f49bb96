# SPDX-License-Identifier: Apache-2.0
"""Commands that serve in the foreground until they are interrupted."""
