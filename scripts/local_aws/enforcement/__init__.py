# SPDX-License-Identifier: Apache-2.0
"""IAM at the local AWS: identify the caller, find the permissions that a call needs, and let policies decide.

        edge              in front of moto: passes a role's request on, or refuses it in the service's protocol
        decoding          HTTP request -> service, operation and parameters
        needs             operation -> IAM actions and resources (s3_needs, sagemaker_needs, pass_role)
        principals        access key -> role, and the policies attached to it
        resource_policies policies of buckets, keys, queues, topics, functions, buses and roles
        organization_ids  Organization of an account
        authorization     decision about an action on a resource, for the edge and for the engines
        services          actions of AWS services under their own name or in a role, checked by the engines
        handlers          permissions of CloudFormation's resource handlers beyond the engine's own calls

Callers whose keys belong to no role of an account are its administrators: their requests are not checked.
"""
