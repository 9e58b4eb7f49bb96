# SPDX-License-Identifier: Apache-2.0
"""Handlers of events from other services: messages to people, results, registrations."""
