# SPDX-License-Identifier: Apache-2.0
"""JSON Schema 2020-12 for the requests of custom types: checked, bounded, with problems in words."""
