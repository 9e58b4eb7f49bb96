# SPDX-License-Identifier: Apache-2.0
"""Monitor engine: baselines and runs of the monitors, computed in a processing job or on this machine."""
