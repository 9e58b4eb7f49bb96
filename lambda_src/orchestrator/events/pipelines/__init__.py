# SPDX-License-Identifier: Apache-2.0
"""A CodePipeline has ended: tell people how, why, and what to do next."""
