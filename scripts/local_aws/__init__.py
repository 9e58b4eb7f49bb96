# SPDX-License-Identifier: Apache-2.0
"""The local AWS: the product's own templates, Lambda bundle and boto3 calls, run with no AWS account.

It is moto's server inside this process, extended where moto stops, and bound to 127.0.0.1. It is a development tool,
not an emulator: nothing is here that no template or test of the product needs, and what it cannot do it says in words.

How the parts fit:

    server            starts and stops everything; the only module that others need to import
    identity          credentials and clients that act as a role
    cloudformation*   stacks, change sets, events, rollback (stack_*, template*, change_set*), and stack sets over the
                      accounts of an organization, with their events on EventBridge; resources/ has one module of
                      resource types per service
    functions*        Lambda functions as warm subprocesses (function_*), and custom_resources on top of them
    api_front         API Gateway's REST APIs over HTTP (api_*)
    codepipeline*     the engine that runs pipelines (pipeline_*)
    codebuild         projects and recorded builds
    events*           EventBridge rules that reach their targets (event_*)
    scheduler         schedules that fire when told to (schedule_checks), as rules with a schedule do by events
    sagemaker*        endpoints that really predict (model_*, xgboost_*), data_capture, and jobs: transform_* really
                      scores, training_* trains, tuning_* searches, processing_* analyses data quality (baseline_*),
                      automl_* only records; job_* is what they share; monitor_* are schedules that fire when told to;
                      program* run what needs XGBoost in processes that are forked from one that has imported it
    request_constraints  what services refuse by the description of their API alone
    enforcement/      IAM: who may do what, at the server's edge and where the engines act themselves
    moto_differences  the few places where moto had to be patched, each with the reason
    moto_start        what keeps moto's start cheap; in force before anything else imports moto
    moto_costs        what moto would do anew for each request

Three rules hold them together:

* Who acts, acts by name. A call that a function, a pipeline, an endpoint or a stack makes goes over HTTP with the
  credentials of its role, so that permissions can be enforced at the server's edge and nowhere else.
* State is moto's. What a service remembers lives in moto's backends where they have a place for it, so a reset by
  `server` forgets everything; each extension has `install()`, which may run many times, and `shutdown()`, which ends
  its threads and processes.
* Nobody sleeps. Background work waits on conditions with a bound, and no lock is held during a call to the server.
"""

from scripts.local_aws import moto_start as moto_start  # isort: skip - before anything that imports more of moto
from scripts.local_aws import moto_costs as moto_costs
