# SPDX-License-Identifier: Apache-2.0
"""Virtual environments: made from locks, and one for each Python."""
