# SPDX-License-Identifier: Apache-2.0
"""Removes whatever a verification has made. What there is, is listed by name and tag: nothing rests on memory."""
