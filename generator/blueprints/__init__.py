# SPDX-License-Identifier: Apache-2.0
"""The blueprints: what a provisioned pipeline deploys. A module each, with `template()` and the kinds it `DEPLOYS`."""
