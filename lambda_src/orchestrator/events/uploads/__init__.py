# SPDX-License-Identifier: Apache-2.0
"""A configuration in the bucket: carry it out, and store and send its result."""
