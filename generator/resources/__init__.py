# SPDX-License-Identifier: Apache-2.0
"""Resources that several templates have: functions, REST APIs, SageMaker's models and jobs."""
