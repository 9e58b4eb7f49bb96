# SPDX-License-Identifier: Apache-2.0
"""Settings of whoever calls: options, environment, `mlops.toml`; which AWS they choose; commands as hints."""
