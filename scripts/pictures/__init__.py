# SPDX-License-Identifier: Apache-2.0
"""Pictures of the guide, made from what the product does: `python -m scripts.pictures`, run by `make pictures`."""
