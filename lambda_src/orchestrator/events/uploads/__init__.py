# SPDX-License-Identifier: Apache-2.0
"""Events of uploaded configurations: carry them out, and store and send their results."""
