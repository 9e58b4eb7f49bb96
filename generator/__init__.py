# SPDX-License-Identifier: Apache-2.0
"""Build time: declarations of the bundle -> CloudFormation templates, by troposphere and awacs."""
