# SPDX-License-Identifier: Apache-2.0
"""The guide as a site with search: `python -m scripts.site`, run by `make site`."""
