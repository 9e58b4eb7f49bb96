# SPDX-License-Identifier: Apache-2.0
"""The report that a person opens: one HTML file without script, and its drawings."""
