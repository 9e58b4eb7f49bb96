# SPDX-License-Identifier: Apache-2.0
"""CodePipeline and CodeBuild: definitions, executions and their actions."""
