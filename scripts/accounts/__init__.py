# SPDX-License-Identifier: Apache-2.0
"""Check of what a launch for several accounts needs of the organization, before the launch."""
