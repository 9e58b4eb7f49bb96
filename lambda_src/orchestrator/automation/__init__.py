# SPDX-License-Identifier: Apache-2.0
"""What the closed loop keeps: who follows what, why something was retrained, each automatic step, and pauses."""
