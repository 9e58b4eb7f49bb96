# SPDX-License-Identifier: Apache-2.0
"""Events of SageMaker jobs that have ended: register the model, and notify people."""
