# SPDX-License-Identifier: Apache-2.0
"""Lambda: functions in processes of their own."""
