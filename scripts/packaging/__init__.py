# SPDX-License-Identifier: Apache-2.0
"""Build what is launched: the bundle, artifacts, kept releases."""
