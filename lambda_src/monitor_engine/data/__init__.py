# SPDX-License-Identifier: Apache-2.0
"""Data of a run: captures, CSV and JSON files, as a stream of tables of bounded size."""
