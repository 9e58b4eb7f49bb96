# SPDX-License-Identifier: Apache-2.0
"""Keys of requests that serve models: what real-time endpoints can have beyond a model on one instance."""
