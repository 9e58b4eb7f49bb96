# SPDX-License-Identifier: Apache-2.0
"""JSON Schema 2020-12 for the requests of added types: checked, bounded, with every problem in words."""
