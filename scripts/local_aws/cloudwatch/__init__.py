# SPDX-License-Identifier: Apache-2.0
"""CloudWatch: metrics of endpoints, and alarms on them, which moto does not evaluate."""
