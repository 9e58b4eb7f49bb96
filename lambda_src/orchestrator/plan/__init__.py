# SPDX-License-Identifier: Apache-2.0
"""The plan of a pipeline: what is deployed, with which parameters and tags. Pure and frozen."""
