# SPDX-License-Identifier: Apache-2.0
"""Launch the solution, on AWS and on the local AWS."""
