# SPDX-License-Identifier: Apache-2.0
"""The models of an endpoint: what each has answered of late, and shares of the calls that a person changes."""
