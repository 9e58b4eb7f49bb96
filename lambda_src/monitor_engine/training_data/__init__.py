# SPDX-License-Identifier: Apache-2.0
"""Training data: what was captured, with what turned out to be true, as files to train with."""
