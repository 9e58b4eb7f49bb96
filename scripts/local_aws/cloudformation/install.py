# SPDX-License-Identifier: Apache-2.0
"""CloudFormation for the local AWS: `install` replaces moto's API by ours, `shutdown` ends its threads.

moto makes a stack inside the API call, records no events of resources, does not roll back, and accepts any parameters.
The product depends on all of these, so the service is our own:

    api, change_set_api  requests and answers, checks that need no operation
    template/            parsing of templates, parameter values, intrinsic functions
    stacks               records of stacks, resources, events and change sets
    stack_plan           resources of a definition, compared for change sets and for "No updates"
    work                 step of one resource, with its events
    operations           creation, rollback, deletion; one thread per operation
    updates              update and its rollback
    resources/           resource types; all others are moto's models
    stack_sets/          StackSets: the same engine makes a stack in each account of an `organization`
"""

from __future__ import annotations

from typing import Final

from moto.cloudformation import urls

from scripts.local_aws import moto_differences
from scripts.local_aws.cloudformation import custom_resources, operations
from scripts.local_aws.cloudformation.api import CloudFormationApi
from scripts.local_aws.cloudformation.stack_sets import operations as stack_set_operations
from scripts.local_aws.functions import install as functions

_ROUTE: Final = "{0}/$"
_of_moto: Final = urls.url_paths[_ROUTE]


def install() -> None:
    """Route CloudFormation's requests to our API. moto reads its table when the server gets the first of them."""
    moto_differences.install()
    stack_set_operations.install()
    functions.listen(custom_resources.invocation_ended)
    custom_resources.open_for_answers()
    urls.url_paths[_ROUTE] = CloudFormationApi.dispatch


def shutdown() -> None:
    """Cancel running operations, wait for their threads, and give moto's API back to what uses moto after this."""
    urls.url_paths[_ROUTE] = _of_moto
    custom_resources.close()
    # StackSets first: they start stacks.
    stack_set_operations.stop_all()
    operations.stop_all()
