# SPDX-License-Identifier: Apache-2.0
"""Deployments that wait for a decision: what they change, and what is known of the stages before."""
