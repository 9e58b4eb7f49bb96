# SPDX-License-Identifier: Apache-2.0
"""Claims: what rests on AWS's behaviour, with the evidence, and the part of a verification that settles it."""
