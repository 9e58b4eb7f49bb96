# SPDX-License-Identifier: Apache-2.0
"""Static facts about what serves models: instances, containers."""
