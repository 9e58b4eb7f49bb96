# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that an operator adds at run time: a request schema and a blueprint, without code.

    names                      valid names of types
    definition, checks         a definition and its blueprint's declarations -> a frozen `CustomType`, or every problem
    declaration, custom_type   the author's declaration, and the type that accepts requests
    template, template_limits  the blueprint's parameters, and the values that CloudFormation accepts for them
    schema/                    JSON Schema 2020-12, with problems in words and without fetching anything
    values, texts              the body of a request -> the values of the blueprint's parameters
    request                    the valid request: a pipeline like any other
    storage, source            the layout of types in the pipelines bucket, and reading them from it

All modules but `source` are pure. `source` reads types from the bucket. Only the registry imports it, and only for a
name that is not built in, so that other requests do not wait for the import.
"""
