# SPDX-License-Identifier: Apache-2.0
"""Application Auto Scaling: targets, policies and scheduled actions, evaluated by the local AWS's clock."""
