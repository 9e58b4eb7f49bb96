# SPDX-License-Identifier: Apache-2.0
"""The permissions boundary of all roles of an orchestrator and its pipelines, as a template of its own.

    options     parameters that identify the orchestrator
    things      the roles and other resources that it names
    permitted   what bounded roles may be given
    refused     what they may not, whatever gives it
    template    the managed policy of these

A boundary contains only if it refers to itself: who may make roles makes them with this very policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
"""
