# SPDX-License-Identifier: Apache-2.0
"""IAM at the local AWS: who calls is found out, what the call needs is looked up, and policies decide.

    edge              in front of moto: a request of a role that exists is let through or refused in its protocol
    decoding          from an HTTP request to service, operation and parameters
    needs             from an operation to IAM's actions and resources (s3_needs, sagemaker_needs, pass_role)
    principals        from an access key to a role, and to the policies attached to it
    resource_policies what buckets, keys, queues, topics, functions, buses and roles say themselves
    organization_ids  which Organization an account is in
    authorization     the decision about one action on one resource, for the edge and for the engines
    services          what AWS's services do under their own name or in a role's, checked by the engines
    handlers          what CloudFormation's resource handlers need beyond the calls that the engine makes

Callers whose keys belong to no role of an account are its administrators: nothing of theirs is looked at.
"""
