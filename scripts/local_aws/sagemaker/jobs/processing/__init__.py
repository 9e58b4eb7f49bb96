# SPDX-License-Identifier: Apache-2.0
"""Processing jobs: their records, the containers that run here, and their work."""
