# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that an operator adds at run time: a request schema and a blueprint, and no code.

    names                      what a type may be called
    definition, checks         a definition and what its blueprint declares -> a frozen `CustomType`, or every problem
    declaration, custom_type   what the author has declared, and the type that takes requests
    template, template_limits  the blueprint's parameters, and which values CloudFormation takes for them
    schema/                    JSON Schema 2020-12, with every problem in words and nothing fetched
    values, texts              the body of a request -> the values of the blueprint's parameters
    request                    the valid request: a pipeline like any other
    storage, source            how a type lies in the pipelines bucket, and who reads it there

All but `source` is pure. `source` reads types from the bucket; only the registry asks it, and only for a name that is
not built in, so that nobody else pays for the import.
"""
