# SPDX-License-Identifier: Apache-2.0
"""Demo of the closed loop: a model whose world changes, and which is as good again without anybody's work."""
