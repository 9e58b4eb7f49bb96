# SPDX-License-Identifier: Apache-2.0
"""What has happened elsewhere, and what follows: messages to people, results, registrations."""
