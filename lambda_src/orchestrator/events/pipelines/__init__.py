# SPDX-License-Identifier: Apache-2.0
"""Events of CodePipeline executions and stages that have ended: notify people of status, cause and next step."""
