# SPDX-License-Identifier: Apache-2.0
"""Models on the page: the registry with its versions, and model cards with their charts."""
