# SPDX-License-Identifier: Apache-2.0
"""Model cards: operations on SageMaker's record of what a model is and what it is for (compatibility 5).

A request means one when its `pipeline_type` is an operation's name: the registry of all requests finds it
(`pipeline_types/registry.py`), and imports it only then.

    operation_names                  which operations there are
    operations, changes, exports     the operations, each a model of its request that can be carried out
    sections, metrics, evaluation    what a card holds: SageMaker's published schema of its content
    content, discovery, metric_*     what SageMaker and files know already -> the content that is sent
"""
