# SPDX-License-Identifier: Apache-2.0
"""CloudFormation for the local AWS: `install` puts our API in the place of moto's, `shutdown` ends its threads.

moto makes a stack inside the API call, keeps no events of resources, rolls nothing back and takes any parameters.
The product depends on all of that, so the service is our own:

    api, change_set_api   requests and answers, checks that need no work
    template/             reading templates, parameter values, intrinsic functions
    stacks                what is remembered: stacks, resources, events, change sets
    stack_plan            what a definition asks for; compared for change sets and for "No updates"
    work                  one resource's step with its events
    operations            create, rollback, delete; one thread per operation
    updates               update and its rollback
    resources/            the resource types; those that are not there are moto's models
    stack_sets/           stack sets: a stack is made in each account of an `organization` by the same engine
"""

from __future__ import annotations

from moto.cloudformation import urls

from scripts.local_aws import moto_differences
from scripts.local_aws.cloudformation import custom_resources, operations
from scripts.local_aws.cloudformation.api import CloudFormationApi
from scripts.local_aws.cloudformation.stack_sets import operations as stack_set_operations
from scripts.local_aws.functions import install as functions


def install() -> None:
    """Route CloudFormation's requests to our API; moto reads its table when the server gets the first of them."""
    moto_differences.install()
    stack_set_operations.install()
    functions.listen(custom_resources.invocation_ended)
    custom_resources.open_for_answers()
    urls.url_paths["{0}/$"] = CloudFormationApi.dispatch


def shutdown() -> None:
    """Cancel the operations that run and wait for their threads."""
    custom_resources.close()
    # Stack sets first: they start stacks.
    stack_set_operations.stop_all()
    operations.stop_all()
