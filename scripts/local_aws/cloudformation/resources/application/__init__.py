# SPDX-License-Identifier: Apache-2.0
"""Resource types of applications: functions, APIs, events, queues, buckets, roles."""
