# SPDX-License-Identifier: Apache-2.0
"""Keys of requests that serve models, by subject."""
