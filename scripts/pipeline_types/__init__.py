# SPDX-License-Identifier: Apache-2.0
"""What `mlops pipeline-types` finds out about a folder before anything of it reaches AWS. None of it needs AWS.

    checks          everything about a folder: a `Report`
    findings        one thing that is wrong, with the file and the line
    lines           where in a YAML file a key stands
    linting         what cfn-lint says of the blueprint
    fitting         values that the schema takes and the blueprint's parameters do not
    permissions     what the deploy role must be allowed beyond what it is
    administrators  rights that nobody hands out by the way
    starters        a first request of a type

The folder may come from anybody. It was read by `pipeline_folder`, which builds nothing of hostile YAML.
"""
