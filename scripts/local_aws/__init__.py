# SPDX-License-Identifier: Apache-2.0
"""Local AWS: the product's own templates, Lambda bundle and boto3 calls, run without an AWS account.

It is moto's server inside this process, with extensions, bound to 127.0.0.1. It is a development tool, not an
emulator: it has only what a template or test of the product needs, and refuses everything else with a message.

Its parts:

    server            starts and stops everything; the only module that others need to import
    identity          credentials and clients that act as a role
    cloudformation/   stacks, change sets, events, rollback, custom resources; stack_sets/ deploys to the accounts
                      of an Organization; resources/ has the resource types
    functions/        Lambda functions as warm subprocesses
    apigateway/       REST APIs, which `front` serves over HTTP
    codepipeline/     engine that runs pipelines, CodeBuild projects and recorded builds
    eventbridge/      rules that reach their targets; rules and schedules with a time fire only on request
    sagemaker/        endpoints that really predict, data capture, model packages and cards
      jobs/           training, tuning and transform jobs that really compute, processing jobs that run Python and
                      analyses of monitors, Autopilot jobs that are only recorded
      monitors/       monitors, whose schedules fire only on request
    processes/        programs in processes forked from one that has imported what they need
    xgboost/          programs that need XGBoost
    enforcement/      IAM, at the server's edge and where the engines act themselves
    request_constraints  requests that services refuse by the description of their API alone
    answer_constraints   answers that do not fit the description of their API
    moto_differences  patches of moto, each with its reason
    mail              mails that topics have sent, kept to be read
    moto_start        reductions of moto's start, applied before anything else imports moto
    moto_costs        caches for what moto would repeat on each request

Three rules hold for all parts:

* Every call is made by its principal. Calls of a function, pipeline, endpoint or stack go over HTTP with the
  credentials of its role, so that permissions can be enforced at the server's edge and nowhere else.
* State is moto's. What a service stores is in moto's backends where they have a place for it, so a reset by
  `server` clears everything. Each extension has `install()`, which may run many times, and `shutdown()`, which ends
  its threads and processes.
* Nothing sleeps. Background work waits on conditions with a bound, and no lock is held during a call to the server.
"""

from scripts.local_aws import moto_start as moto_start  # isort: skip - before anything that imports more of moto
from scripts.local_aws import moto_costs as moto_costs
