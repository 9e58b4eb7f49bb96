# SPDX-License-Identifier: Apache-2.0
"""Checks of `mlops pipeline-types` on a folder, before it is uploaded. None of them needs AWS.

    checks          all checks of a folder: a `Report`
    findings        one problem, with file and line
    lines           line of a key in a YAML file
    linting         cfn-lint's findings in the blueprint
    fitting         values that the schema accepts and the blueprint's parameters refuse
    permissions     permissions that the deploy role lacks
    administrators  administrator rights that need the operator's explicit consent
    starters        a first request of a type

The folder may come from anybody. `pipeline_folder` reads it, which refuses hostile YAML.
"""
