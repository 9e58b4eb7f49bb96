# SPDX-License-Identifier: Apache-2.0
"""A page on this machine for people who decide: it calls the orchestrator as whoever runs it, and keeps nothing."""
