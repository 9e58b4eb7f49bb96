# SPDX-License-Identifier: Apache-2.0
"""The CodePipelines that deploy the blueprints. A module each, with `template()`."""
