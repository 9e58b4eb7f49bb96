# SPDX-License-Identifier: Apache-2.0
"""Model quality: predictions against what turned out to be true."""
