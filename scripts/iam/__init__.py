# SPDX-License-Identifier: Apache-2.0
"""IAM's evaluation of policies, without AWS: documents in, a decision with AWS's words out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""
