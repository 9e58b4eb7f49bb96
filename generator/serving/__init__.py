# SPDX-License-Identifier: Apache-2.0
"""Parts of the blueprint that serves models: endpoints, and the API in front of them."""
