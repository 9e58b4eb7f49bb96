# SPDX-License-Identifier: Apache-2.0
"""Resource types of the local CloudFormation, one module per service, each on the interface in `base`."""
